// Where a MySQL server ends: rows without room for one more column, keys of bytes, packets too large, statements that nobody waits
// for. Tests for either server.
import { expect, test } from 'vitest';
import type { DeadLetter } from '../../src/index.ts';
import { createConnections } from '../../src/mysql/connections.ts';
import { at, imageOf, patch, put, remove, target, textKey } from '../../src/testing/index.ts';
import { never, timers } from './machine.ts';
import { query, type ServerForFile, sinkFor, storedRows } from './mysql.ts';
import { withSink } from './with-sink.ts';

/** Rows of 65,535 bytes, to a few: there is no room for the extra column. */
async function createTight(url: string): Promise<void> {
  const fixed = 'id VARBINARY(100) PRIMARY KEY, cdc_time BIGINT NOT NULL, cdc_seq DECIMAL(65,0) NOT NULL, big VARCHAR(16290) CHARACTER SET utf8mb4';
  for (let bytes = 250; bytes > 0; bytes -= 1) {
    const made = await query(url, `CREATE TABLE orders (${fixed}, pad VARBINARY(${bytes}))`).then(
      () => true,
      () => false,
    );
    if (made) return;
  }
  throw new Error('no table of that length can be made');
}

function letter(id: string, rawBytes: number, event?: string): DeadLetter {
  return {
    ...{ id, failedAtMs: 1, application: 'a', worker: 'w', stream: 's', shard: 'x', sequence: '1', subSequence: 0, arrivalMs: 1 },
    ...{ stage: 'write', sink: undefined, target: undefined, key: undefined, errorCode: 'X', errorMessage: 'm', attempts: 1 },
    raw: new Uint8Array(rawBytes),
    event,
  };
}

/** Registers the tests. */
export function edges(server: ServerForFile): void {
  test('values without a place in a table that takes no further column are their rows’ fault, and the others land', async (context) => {
    const url = await server.database(context);
    await createTight(url);
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(target('orders', { layout: 'columns' }), never);
      const group = [put(textKey('a'), at(1), { big: 'x' }), put(textKey('b'), at(1), { big: 'x', other: 1 }), put(textKey('c'), at(1), { big: 'y' })];
      for (const [applied, superseded] of [
        [2, 0],
        [0, 2],
      ]) {
        expect(await table.write(group, never)).toMatchObject({
          applied,
          superseded,
          rejected: [{ index: 1, error: { code: 'NO_ROOM', message: expect.stringMatching(/no column of orders.*not even _extra.*replay/) } }],
        });
      }
    });
  });

  test('a truncation by a source that tells no key takes all rows with patches, keys of any bytes', async (context) => {
    const url = await server.database(context);
    const keyed = target('orders', { patches: true, key: [{ name: 'id', type: 'binary' }] });
    const many = Array.from({ length: 600 }, (_, index) => patch([['id', new Uint8Array([255, index >> 8, index & 255])]], at(10), { n: index }));
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(keyed, never);
      await table.write([...many, patch([['id', new Uint8Array([65])]], at(30), { n: 1 })], never);
      await (await sink.table({ ...keyed, key: [] }, never)).truncate(at(20), never);
      expect(await query(url, 'SELECT hex(id) AS id FROM orders')).toEqual([{ id: '41' }]);
    });
  });

  test('dead letters above max_allowed_packet are cut apart; one that is too large alone goes without its event', async (context) => {
    const url = await server.database(context);
    const [before] = await query(url, 'SELECT @@global.max_allowed_packet AS bytes');
    await query(url, 'SET GLOBAL max_allowed_packet = 1048576');
    try {
      await withSink(sinkFor(url), async (sink) => {
        await sink.open(never);
        const letters = Array.from({ length: 6 }, (_, index) => letter(`k${index}`, 300_000, 'small'));
        await sink.deadLetters().put([...letters, letter('large', 300_000, 'x'.repeat(1_000_000))], never);
        expect(await query(url, 'SELECT id, event, CAST(length(raw) AS CHAR) AS bytes FROM shardfold_dead_letters ORDER BY id')).toEqual([
          ...letters.map(({ id }) => ({ id, event: 'small', bytes: '300000' })),
          { id: 'large', event: null, bytes: '300000' },
        ]);
        const refused = sink.deadLetters().put([letter('huge', 1_100_000)], never);
        await expect(refused).rejects.toMatchObject({ code: 'SINK_UNEXPECTED', message: expect.stringMatching(/Raise max_allowed_packet/) });
      });
    } finally {
      await query(url, `SET GLOBAL max_allowed_packet = ${Number(before?.bytes)}`);
    }
  });

  test('the server gives up by itself what its client does not wait for any more', async (context) => {
    const url = await server.database(context);
    const connections = createConnections({ url, application: 'test', poolMax: 1, timers });
    try {
      const ask = async (text: string, patience: 'statement' | 'long') => Number((await connections.run({ text }, never, patience)).rows[0]?.seconds);
      const [{ version } = {}] = await query(url, 'SELECT version() AS version');
      const isMariadb = String(version).includes('MariaDB');
      const limit = `SELECT ${isMariadb ? '@@max_statement_time' : '@@innodb_lock_wait_timeout'} AS seconds`;
      const seconds = [await ask(limit, 'statement'), await ask(limit, 'long'), await ask(limit, 'statement')];
      expect(seconds).toEqual(isMariadb ? [59, 3599, 59] : [50, 50, 50]);
    } finally {
      await connections.close();
    }
  });

  test('two sigmas have a column each, however many columns there are', async (context) => {
    const url = await server.database(context);
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(target('orders', { layout: 'columns' }), never);
      const image = imageOf([...Array.from({ length: 40 }, (_, index) => [`c${index}`, index] as const), ['σ', 1], ['ς', 2]]);
      expect(await table.write([put(textKey('a'), at(1), image)], never)).toMatchObject({ applied: 1, rejected: [] });
    });
  });

  /** The server cuts spaces off a text that is too long, in strict mode too, and says so only in a warning. */
  test.for([
    ['of the sink’s own making', undefined, 768],
    ['of somebody’s, of text', 'VARCHAR(3) CHARACTER SET utf8mb4 COLLATE COLLATION', 3],
    ['of somebody’s, of bytes', 'VARBINARY(3)', 3],
  ] as const)('a key that is too long by its spaces takes no other row’s place in a table %s', async ([, type, length], context) => {
    const url = await server.database(context);
    if (type !== undefined) {
      const [{ collation = '' } = {}] = await query(url, "SELECT IF(version() LIKE '%MariaDB%', 'utf8mb4_nopad_bin', 'utf8mb4_0900_bin') AS collation");
      const key = type.replace('COLLATION', String(collation));
      await query(url, `CREATE TABLE orders (id ${key} PRIMARY KEY, data JSON NOT NULL, cdc_time BIGINT NOT NULL, cdc_seq DECIMAL(65,0) NOT NULL)`);
    }
    await withSink(sinkFor(url), async (sink) => {
      const orders = target('orders', { patches: type === undefined });
      const table = await sink.table(orders, never);
      const short = 'k'.repeat(length);
      await table.write([put(textKey(short), at(1), { n: 1 })], never);
      const rejected = [{ index: 0, error: { code: type === 'VARBINARY(3)' ? 'ER_DATA_TOO_LONG' : 'KEY_CHANGED' } }];
      expect(await table.write([put(textKey(`${short}  `), at(2), { n: 2 })], never)).toMatchObject({ applied: 0, rejected });
      expect(await table.write([remove(textKey(`${short} `), at(3))], never)).toMatchObject({ applied: 0, rejected });
      if (type === undefined) expect(await table.write([patch(textKey(`${short} `), at(3), { n: 3 })], never)).toMatchObject({ applied: 0, rejected });
      // One that fits keeps its spaces.
      const spaced = `${short.slice(2)} `;
      expect(await table.write([put(textKey(spaced), at(1), { n: 4 })], never)).toMatchObject({ applied: 1, rejected: [] });
      expect(Object.fromEntries((await storedRows(url, orders)).map(({ key, data }) => [key[0], JSON.parse(data).n]))).toEqual(
        type === 'VARBINARY(3)' ? { [Buffer.from(short).toString('base64')]: 1, [Buffer.from(spaced).toString('base64')]: 4 } : { [short]: 1, [spaced]: 4 },
      );
    });
  });
}
