// Which of two statements a bulk takes, and that no row is counted as written that the server did not write.
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Outcome } from '../../../src/cratedb/bulk.ts';
import { createConnection } from '../../../src/cratedb/connection.ts';
import { newPace, type Pace, sendGuarded } from '../../../src/cratedb/guarded.ts';
import { never, timers } from '../../support/machine.ts';
import { type Asked, pretendCrate, type Reply } from '../../support/pretend-crate.ts';

interface Server {
  /** Sends rows of these numbers. */
  send(rows: readonly number[]): Promise<Map<number, Outcome>>;
  /** What was sent, statement by statement. */
  sent(): readonly (readonly [statement: string, rows: readonly number[]])[];
}

const done = { rowcount: 1 };
const lost = { rowcount: -2, error: { code: 4000, message: 'SQLParseException[/ by zero]' } };
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

async function started(reply: (asked: Asked) => Reply, pace: Pace = newPace()): Promise<Server> {
  const server = await pretendCrate(reply);
  const connection = createConnection({ url: server.url, application: 'test', poolMax: 2, timers });
  onTestFinished(async () => {
    connection.close();
    await server.stop();
  });
  const guarded = { refused: 'REFUSES', kept: 'KEEPS' };
  return {
    send: (rows) => sendGuarded({ connection, table: '"t"', signal: never, guarded, pace }, rows, (row) => [String(row)]),
    sent: () => server.asked.map(({ statement, rows = [] }) => [statement, rows.map(([row]) => Number(row))]),
  };
}

/** A server that says something of every row. */
const telling =
  (tell: (statement: string, row: number) => object) =>
  ({ statement, rows = [] }: Asked): Reply => ({ body: { results: rows.map(([row]) => tell(statement, Number(row))) } });

const refusing = (loses: (row: number) => boolean) => telling((statement, row) => (statement === 'REFUSES' && loses(row) ? lost : done));

describe('a guarded bulk', () => {
  test('of rows that win is one statement', async () => {
    const server = await started(refusing(() => false));
    expect(await server.send(range(3))).toEqual(new Map());
    expect(server.sent()).toEqual([['REFUSES', [0, 1, 2]]]);
  });

  test('sends the rows that lose again, and believes the second answer', async () => {
    const server = await started(telling((statement, row) => (row > 1 ? done : statement === 'REFUSES' ? lost : { rowcount: 1 - row })));
    expect([...(await server.send(range(20)))]).toEqual([
      [0, { kind: 'changed' }],
      [1, { kind: 'unchanged' }],
    ]);
    expect(server.sent().slice(1)).toEqual([['KEEPS', [0, 1]]]);
  });

  test.for([{ rowcount: 0 }, { rowcount: -2 }, { rowcount: -2, error: { code: 5000, message: 'CircuitBreakingException[full]' } }])(
    'that says %o of a row has not written it',
    async (said) => {
      const server = await started(telling((statement) => (statement === 'REFUSES' ? said : { rowcount: 0 })));
      expect([...(await server.send([7])).values()]).toEqual([{ kind: 'unchanged' }]);
    },
  );

  test('whose request is refused as a whole names the row', async () => {
    const bad = { status: 400, body: { error: { code: 4000, message: 'SQLParseException[bad]' } } };
    const server = await started((asked) => (asked.rows?.some(([row]) => row === 3) ? bad : telling(() => done)(asked)));
    const outcomes = await server.send(range(8));
    expect([...outcomes].filter(([, { kind }]) => kind !== 'changed')).toMatchObject([[3, { kind: 'refused' }]]);
  });

  test('throws what the environment is at fault for, once', async () => {
    const server = await started(() => ({ status: 403, body: { error: { code: 4037, message: 'ClusterBlockException[blocked]' } } }));
    await expect(server.send([1])).rejects.toMatchObject({ code: 'SINK_READ_ONLY' });
    expect(server.sent()).toHaveLength(1);
  });

  test('without rows is none', async () => {
    const pace: Pace = { keeping: 3 };
    const server = await started(
      refusing(() => false),
      pace,
    );
    expect(await server.send([])).toEqual(new Map());
    expect([server.sent(), pace.keeping]).toEqual([[], 3]);
  });
});

describe('after a bulk of which many rows lost', () => {
  test('the statement that keeps goes first, for a while', async () => {
    const server = await started(refusing((row) => row < 5));
    for (let bulk = 0; bulk < 18; bulk += 1) await server.send(range(10));
    const statements = server.sent().map(([statement]) => statement);
    expect(statements).toEqual(['REFUSES', 'KEEPS', ...range(16).map(() => 'KEEPS'), 'REFUSES', 'KEEPS']);
  });

  test('and not after one of which few did', async () => {
    const server = await started(refusing((row) => row < 4));
    await server.send(range(10));
    await server.send(range(10));
    expect(server.sent().map(([statement]) => statement)).toEqual(['REFUSES', 'KEEPS', 'REFUSES', 'KEEPS']);
  });
});
