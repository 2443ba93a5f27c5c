// A put and a delete of one key through two real connections, in every order of their steps: whatever was there before, the
// table ends as the fold of everything.
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeMutation } from '../../src/postgres/encode.ts';
import { shapeOf } from '../../src/postgres/shape.ts';
import { hotStatements } from '../../src/postgres/statements.ts';
import { truncation } from '../../src/postgres/truncate.ts';
import { appliedOf, transactionOf } from '../../src/postgres/write.ts';
import { fold, type HistoryEvent, mutationOf, target } from '../../src/testing/index.ts';
import { never, postgresForFile, sinkFor, storedRows } from '../support/postgres.ts';

const newUrl = postgresForFile();
const shape = shapeOf(target('orders'));
const statements = hotStatements(shape);
const policy = { numbers: 'exact', drop: [], rename: {} } as const;

let url: string;
let clients: { readonly client: pg.Client; readonly pid: number }[];
let watcher: pg.Client;

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, pipeline: true });
  await client.connect();
  return client;
}

beforeEach(async () => {
  url = await newUrl();
  watcher = await connect();
  clients = [];
  for (let index = 0; index < 2; index += 1) {
    const client = await connect();
    clients.push({ client, pid: Number((await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid) });
  }
});

afterEach(async () => {
  await Promise.all([watcher, ...clients.map(({ client }) => client)].map((client) => client.end()));
});

async function isBlocked(pid: number): Promise<boolean> {
  return (await watcher.query('SELECT cardinality(pg_blocking_pids($1)) > 0 AS blocked', [pid])).rows[0].blocked;
}

/** A writer's transaction, one step at a time. A step that waits for the other writer's lock keeps waiting while the other goes on. */
function writer(event: HistoryEvent, index: number) {
  const connection = clients[index];
  const encoded = encodeMutation(shape.key, policy, mutationOf(event), 0);
  if (connection === undefined || !('row' in encoded)) throw new Error('no connection, or the mutation is not encodable');
  const rows = [encoded.row];
  const steps = [
    { text: 'BEGIN ISOLATION LEVEL READ COMMITTED' },
    ...transactionOf(rows, { statements, statementName: 'store', floorName: 'orders' }),
    { text: 'COMMIT' },
  ];
  const running: Promise<pg.QueryResult>[] = [];
  return {
    /** Sends the next step; resolves when it is done or waits for a lock. */
    async step(): Promise<void> {
      const statement = steps[running.length];
      if (statement === undefined) return;
      let done = false;
      const sent = connection.client.query({ ...statement, values: 'values' in statement ? [...(statement.values ?? [])] : [] });
      running.push(sent);
      sent.then(
        () => (done = true),
        () => (done = true),
      );
      while (!done && !(await isBlocked(connection.pid)));
    },
    async finish(): Promise<number> {
      while (running.length < steps.length) await this.step();
      const results = (await Promise.all(running)).slice(1, -1);
      return appliedOf(
        rows,
        results.map(({ rows: answered, rowCount }) => ({ rows: answered, affected: rowCount ?? 0 })),
      );
    },
  };
}

/** Every order of four steps of one writer and four of the other; `true` is the second writer's turn. */
function schedules(first: number, second: number): boolean[][] {
  if (first === 0 && second === 0) return [[]];
  return [
    ...(first > 0 ? schedules(first - 1, second).map((rest) => [false, ...rest]) : []),
    ...(second > 0 ? schedules(first, second - 1).map((rest) => [true, ...rest]) : []),
  ];
}

const before: { name: string; events: Omit<HistoryEvent, 'id'>[] }[] = [
  { name: 'nothing', events: [] },
  { name: 'an older row', events: [{ kind: 'put', time: 5 }] },
  { name: 'an older tombstone', events: [{ kind: 'delete', time: 5 }] },
  { name: 'a row between them', events: [{ kind: 'put', time: 15 }] },
  { name: 'a tombstone between them', events: [{ kind: 'delete', time: 15 }] },
];
const pairs: { name: string; first: Omit<HistoryEvent, 'id'>; second: Omit<HistoryEvent, 'id'> }[] = [
  { name: 'an older put and a newer delete', first: { kind: 'put', time: 10 }, second: { kind: 'delete', time: 20 } },
  { name: 'an older delete and a newer put', first: { kind: 'delete', time: 10 }, second: { kind: 'put', time: 20 } },
  { name: 'two deletes', first: { kind: 'delete', time: 10 }, second: { kind: 'delete', time: 20 } },
  { name: 'two puts', first: { kind: 'put', time: 10 }, second: { kind: 'put', time: 20 } },
];

describe.for(pairs)('$name', ({ first, second }) => {
  test.for(before)('over $name', async ({ events }) => {
    const sink = sinkFor(url);
    try {
      const table = await sink.table(target('orders'), never);
      const all: HistoryEvent[] = [];
      for (const [number, schedule] of schedules(4, 4).entries()) {
        const id = `k${number}`;
        const [earlier, older, newer] = [events, [first], [second]].map((list) => list.map((event): HistoryEvent => ({ ...event, id })));
        for (const event of earlier ?? []) await table.write([mutationOf(event)], never);
        const writers = [...(older ?? []), ...(newer ?? [])].map(writer);
        for (const turn of schedule) await writers[turn ? 1 : 0]?.step();
        const applied = await Promise.all(writers.map((one) => one.finish()));
        expect(applied[1], `the newest is applied: ${schedule}`).toBe(1);
        expect(applied[0] === 0 || applied[0] === 1).toBe(true);
        all.push(...(earlier ?? []), ...(older ?? []), ...(newer ?? []));
        expect(Number((await watcher.query(`SELECT count(*) FROM orders WHERE data = 'null'`)).rows[0].count)).toBe(0);
      }
      const stored = new Map((await storedRows(url, 'orders')).map(({ key, version }) => [key[0], version.time]));
      expect(stored).toEqual(fold(all));
    } finally {
      await sink.close();
    }
  });
});

test('a truncation waits for a put in flight, and takes it', async () => {
  const sink = sinkFor(url);
  try {
    const table = await sink.table(target('orders'), never);
    const older = writer({ id: 'a', kind: 'put', time: 10 }, 0);
    const newer = writer({ id: 'b', kind: 'put', time: 30 }, 1);
    for (const one of [older, newer]) for (let step = 0; step < 3; step += 1) await one.step();
    let truncated = false;
    const truncating = table.truncate({ time: 20, seq: '1' }, never).then(() => {
      truncated = true;
    });
    while (!truncated && Number((await watcher.query('SELECT count(*) FROM pg_locks WHERE NOT granted')).rows[0].count) === 0);
    await Promise.all([older.finish(), newer.finish(), truncating]);
    expect((await storedRows(url, 'orders')).map(({ key }) => key[0])).toEqual(['b']);
  } finally {
    await sink.close();
  }
});

test('a put that waited for a truncation in flight finds its floor', async () => {
  const sink = sinkFor(url);
  const truncating = await connect();
  try {
    await sink.table(target('orders'), never);
    await truncating.query('BEGIN');
    for (const { text, values } of truncation(shape, 'orders', { time: 20, seq: '1' })) await truncating.query(text, [...(values ?? [])]);
    const put = writer({ id: 'a', kind: 'put', time: 10 }, 0);
    for (let step = 0; step < 3; step += 1) await put.step();
    await truncating.query('COMMIT');
    expect(await put.finish()).toBe(0);
    expect(await storedRows(url, 'orders')).toEqual([]);
  } finally {
    await truncating.end();
    await sink.close();
  }
});
