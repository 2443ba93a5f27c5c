// Statements on their way: what becomes of each row of a bulk, whatever the server tells of it and however the way breaks off.
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Outcome, sendBulk } from '../../../src/cratedb/bulk.ts';
import { type Connection, createConnection } from '../../../src/cratedb/connection.ts';
import type { SinkError, Timers } from '../../../src/index.ts';
import { never, timers } from '../../support/machine.ts';
import { type Asked, type PretendCrate, pretendCrate, type Reply } from '../../support/pretend-crate.ts';
import { refusalOf } from '../../support/refusals.ts';

async function started(
  answer: (asked: Asked) => Reply,
  clockwork: Timers = timers,
): Promise<{ readonly server: PretendCrate; readonly connection: Connection }> {
  const server = await pretendCrate(answer);
  const connection = createConnection({ url: server.url, application: 'test', poolMax: 3, timers: clockwork });
  onTestFinished(async () => {
    connection.close();
    await server.stop();
  });
  return { server, connection };
}

function send(connection: Connection, rows: readonly number[], signal = never): Promise<Map<number, Outcome>> {
  return sendBulk({ connection, table: '"t"', statement: 'INSERT', signal }, rows, (row) => [String(row)]);
}

const done = { rowcount: 1 };
const failed = (code: number, message: string) => ({ rowcount: -2, error: { code, message } });
const results = (asked: Asked, of: (row: unknown) => object): Reply => ({ body: { results: (asked.rows ?? []).map(([row]) => of(row)) } });
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

describe('a bulk', () => {
  test('has an outcome for each row', async () => {
    const by: readonly object[] = [done, { rowcount: 0 }, failed(4092, 'VersionConflict'), failed(40_411, 'missing'), failed(4000, 'SQLParseException[bad]')];
    const { connection, server } = await started((asked) => results(asked, (row) => by[Number(row)] ?? done));
    const outcomes = await send(connection, range(5));
    expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(['changed', 'unchanged', 'conflict', 'conflict', 'refused']);
    expect(server.asked).toHaveLength(1);
    const { authorization, 'user-agent': agent } = server.asked[0]?.headers ?? {};
    expect([authorization, agent]).toEqual([`Basic ${Buffer.from('user:pass word').toString('base64')}`, 'shardfold test']);
    expect(connection.schema).toBe('shop');
  });

  test('is sent again in tens for the reasons that the server kept to itself', async () => {
    const { connection, server } = await started((asked) => {
      let told = 0;
      return results(asked, (row) => {
        if (Number(row) % 2 === 0) return done;
        told += 1;
        return told <= 10 ? failed(4000, `bad ${row}`) : { rowcount: -2 };
      });
    });
    const outcomes = await send(connection, range(100));
    expect([...outcomes.values()].filter(({ kind }) => kind === 'changed')).toHaveLength(50);
    for (const row of range(100).filter((each) => each % 2 === 1))
      expect(outcomes.get(row)).toMatchObject({ kind: 'refused', error: { message: `bad ${row}` } });
    expect(server.asked.map(({ rows }) => rows?.length)).toEqual([100, 10, 10, 10, 10]);
  });

  test('that is refused as a whole is halved down to the row', async () => {
    const { connection } = await started((asked) =>
      asked.rows?.some(([row]) => row === 5) === true
        ? { status: 400, body: { error: { code: 4000, message: 'SQLParseException[unreadable]' } } }
        : results(asked, () => done),
    );
    const outcomes = await send(connection, range(9));
    expect([...outcomes].filter(([, { kind }]) => kind === 'refused').map(([row]) => row)).toEqual([5]);
    expect(outcomes.size).toBe(9);
  });

  test('that is too large is halved', async () => {
    const { connection } = await started((asked) => ((asked.rows?.length ?? 0) > 2 ? { status: 413, body: '' } : results(asked, () => done)));
    expect((await send(connection, range(9))).size).toBe(9);
  });

  test('is sent again after a refresh where rows could not be read', async () => {
    let refreshed = false;
    const { connection, server } = await started((asked) => {
      if (asked.rows !== undefined)
        return results(asked, (row) => (row === 1 && !refreshed ? failed(5000, 'Invalid UTF-8: Illegal surrogate character') : done));
      refreshed = true;
      return { body: { rows: [[]], rowcount: 1 } };
    });
    expect([...(await send(connection, range(3))).values()].every(({ kind }) => kind === 'changed')).toBe(true);
    expect(server.asked.map(({ statement, rows }) => rows ?? statement)).toEqual([[[0], [1], [2]], 'REFRESH TABLE "t"', [[1]]]);
  });

  test.for<[string, Reply, Partial<SinkError>]>([
    [
      'has no room for one row among many',
      { body: { results: [failed(5000, 'IOException[No space left on device]'), done] } },
      { code: 'SINK_BUSY', retryable: true },
    ],
    ['answers for fewer rows', { body: { results: [done] } }, { code: 'SINK_UNEXPECTED', retryable: true }],
    ['never tells why', { body: { results: [{ rowcount: -2 }, { rowcount: -2 }] } }, { code: 'SINK_BUSY', retryable: true }],
    ['one row met a fault of the environment', { body: { results: [failed(4037, 'blocked by: [x]'), done] } }, { code: 'SINK_READ_ONLY', retryable: true }],
    ['is not CrateDB', { body: '<html>' }, { code: 'SINK_UNEXPECTED', retryable: false }],
    ['stands behind a gateway that has no server', { status: 502, body: '<html>' }, { code: 'SINK_UNREACHABLE', retryable: true }],
  ])('throws where the server %s', async ([, reply, wanted]) => {
    const { connection } = await started((asked) =>
      reply?.body !== undefined && asked.rows?.length === 1 ? { body: { results: [{ rowcount: -2 }] } } : reply,
    );
    expect(await refusalOf(send(connection, range(2)))).toMatchObject(wanted);
  });
});

describe('the way to the server', () => {
  test('ends with the signal, before and during a statement', async () => {
    const stop = new AbortController();
    const { connection } = await started(() => {
      stop.abort();
      return undefined;
    });
    expect(await refusalOf(send(connection, [1], stop.signal))).toMatchObject({ code: 'SINK_CLOSED' });
    expect(await refusalOf(connection.ask('SELECT 1', stop.signal))).toMatchObject({ code: 'SINK_CLOSED' });
  });

  test('ends when the time is up', async () => {
    let late: (() => void) | undefined;
    const { connection } = await started(
      () => {
        late?.();
        return undefined;
      },
      {
        after(delayMs, run) {
          expect(delayMs).toBe(90_000);
          late = run;
          return () => {};
        },
      },
    );
    expect(await refusalOf(connection.ask('SELECT 1', never))).toMatchObject({ code: 'SINK_UNREACHABLE', retryable: true });
  });

  test('is a new one after a break: what is idle may be broken too', async () => {
    let late: (() => void) | undefined;
    const clockwork: Timers = {
      after(_delayMs, run) {
        late = run;
        return () => {};
      },
    };
    const { connection } = await started(({ statement }) => {
      if (statement !== 'SILENCE') return { body: { rows: [], rowcount: 1 } };
      late?.();
      return undefined;
    }, clockwork);
    await Promise.all([1, 2, 3].map((number) => connection.ask(`SELECT ${number}`, never)));
    expect(connection.status()).toMatchObject({ open: 3 });
    await refusalOf(connection.ask('SILENCE', never));
    await connection.ask('SELECT 1', never);
    expect(connection.status()).toMatchObject({ open: 1 });
  });

  test('is patient with a table that a starting node does not know yet', async () => {
    let asked = 0;
    const { connection } = await started(
      () => {
        asked += 1;
        return asked < 4 ? { status: 404, body: { error: { code: 4041, message: 'RelationUnknown' } } } : { body: { rows: [[1]], rowcount: 1 } };
      },
      { after: (delayMs, run) => timers.after(delayMs > 1_000 ? delayMs : 0, run) },
    );
    expect((await connection.ask('SELECT 1', never)).rows).toEqual([[1]]);
  });

  test('keeps the password to itself', async () => {
    const make = () => createConnection({ url: 'postgres://user:secret@host', application: 'test', poolMax: 1, timers });
    expect(make).toThrow(expect.objectContaining({ code: 'SINK_DENIED', message: expect.not.stringContaining('secret') }));
    for (const url of ['http://u:100%@host', 'http://host/a%zz', 'http://%zz:secret@host', 'host:4200'])
      expect(() => createConnection({ url, application: 'test', poolMax: 1, timers })).toThrow(
        expect.objectContaining({ name: 'SinkError', code: 'SINK_DENIED', retryable: false, message: expect.not.stringMatching(/secret|100%|zz/) }),
      );
    const { connection } = await started(() => ({ status: 401, body: { error: { code: 4010, message: 'denied' } } }));
    const error = await refusalOf(connection.ask('SELECT 1', never));
    expect(error).toMatchObject({ code: 'SINK_DENIED', message: expect.not.stringContaining('pass') });
  });
});
