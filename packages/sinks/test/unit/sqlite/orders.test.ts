// Orders of rows on their way to the thread that has the file: parts that come late or not at all, sessions and aborts between
// them, and a thread that ends.
import type { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RowFault } from '../../../src/row-fault.ts';
import type { Send } from '../../../src/sql/connections.ts';
import { type Cut, createConnections, type SqliteConnections } from '../../../src/sqlite/connections.ts';
import type { HotPart, HotPlan } from '../../../src/sqlite/thread/protocol.ts';
import { filesForTests } from '../../support/sqlite.ts';

const newFile = filesForTests();
const never = new AbortController().signal;

const nothing = 'SELECT 1 WHERE ? IS NULL AND ? IS NULL AND ? IS NULL';
const plan: HotPlan = {
  texts: {
    floor: 'SELECT 1 WHERE ? IS NULL',
    anyTombstone: 'SELECT 1 WHERE 0',
    tombstone: nothing,
    store: 'INSERT INTO rows (id, cdc_time, cdc_seq) VALUES (?, ?, ?)',
    patched: undefined,
    outrank: nothing,
    standing: nothing,
    bury: nothing,
  },
  keyParts: 1,
  soft: false,
  floorName: 'rows',
  columns: undefined,
};

function part(ids: readonly string[], isLast: boolean): HotPart {
  return { puts: { count: ids.length, parameters: [ids, ids.map(() => 1), ids.map(() => '1')] }, deletes: { count: 0, parameters: [] }, isLast };
}

async function opened(): Promise<{ readonly connections: SqliteConnections; ids(): Promise<string> }> {
  const connections = createConnections(newFile());
  onTestFinished(() => connections.close());
  await connections.run({ text: 'CREATE TABLE rows (id TEXT PRIMARY KEY, cdc_time INTEGER, cdc_seq TEXT)' }, never);
  return {
    connections,
    async ids() {
      const { rows } = await connections.run({ text: "SELECT coalesce(group_concat(id, ' ' ORDER BY id), '') AS ids FROM rows" }, never);
      return String(rows[0]?.ids);
    },
  };
}

/** The parts of one order; what is a function is called when its turn comes. */
function cutOf(...steps: readonly (HotPart | (() => void))[]): Cut {
  return function* () {
    for (const step of steps) {
      if (typeof step === 'function') step();
      else yield step;
    }
  };
}

/** The next thread that starts in this process. */
function nextWorker(): Promise<Worker> {
  return new Promise((resolve) => process.once('worker', resolve));
}

describe('orders of rows', () => {
  test('all parts are one transaction, and what is asked meanwhile comes after them', async () => {
    const { connections, ids } = await opened();
    const writing = connections.hot(plan, cutOf(part(['a', 'b'], false), part(['c'], false), part([], false), part(['d'], true)), never);
    const second = connections.hot(plan, cutOf(part(['e'], true)), never);
    const seen = ids();
    expect(await writing).toEqual({ applied: 4, leftPuts: [], leftDeletes: [] });
    expect(await second).toMatchObject({ applied: 1 });
    expect(await seen).toBe('a b c d e');
  });

  test('only a thread with nothing else to do is sent parts', async () => {
    const { connections } = await opened();
    const asked: boolean[] = [];
    const whole = (id: string): Cut =>
      function* (isCut) {
        asked.push(isCut);
        yield part([id], true);
      };
    await Promise.all(['a', 'b', 'c'].map((id) => connections.hot(plan, whole(id), never)));
    await connections.hot(plan, whole('d'), never);
    expect(asked).toEqual([true, false, false, true]);
  });

  test('what throws while parts are made is told, nothing of the order is written, and the next one is', async () => {
    const { connections, ids } = await opened();
    const fault = new RowFault('NOT_UNICODE', 'half a pair');
    const fail = (): never => {
      throw fault;
    };
    await expect(connections.hot(plan, cutOf(part(['a'], false), part(['b'], false), fail), never)).rejects.toBe(fault);
    await expect(connections.hot(plan, cutOf(fail), never)).rejects.toBe(fault);
    expect(await ids()).toBe('');
    expect(await connections.hot(plan, cutOf(part(['a'], false), part(['b'], true)), never)).toMatchObject({ applied: 2 });
  });

  test('a row that SQLite refuses takes the rest of its order with it, and nothing of that is taken for a question', async () => {
    const starting = nextWorker();
    const { connections, ids } = await opened();
    const answered: unknown[] = [];
    (await starting).on('message', ({ id }: { readonly id?: number }) => answered.push(id));
    await connections.hot(plan, cutOf(part(['a'], true)), never);
    const refused = connections.hot(plan, cutOf(part(['b', 'a'], false), part(['c'], false), part(['d'], true)), never);
    const next = connections.hot(plan, cutOf(part(['e'], true)), never);
    await expect(refused).rejects.toMatchObject({ errcode: 1555 });
    expect(await next).toMatchObject({ applied: 1 });
    expect(await ids()).toBe('a e');
    // Three orders, and the look at the table, after what made it.
    expect(answered).toEqual([2, 3, 4, 5]);
  });

  test('an order in parts waits for an open session, and is whole then', async () => {
    const { connections, ids } = await opened();
    let writing: ReturnType<SqliteConnections['hot']> | undefined;
    await connections.session(async (send) => {
      await send([{ text: "INSERT INTO rows (id) VALUES ('a')" }]);
      writing = connections.hot(plan, cutOf(part(['b'], false), part(['c'], false), part(['d'], true)), never);
      // The order is on its way before this.
      const [answer] = await send([{ text: 'SELECT count(*) AS n FROM rows' }]);
      expect(answer?.rows).toEqual([{ n: 1 }]);
    }, never);
    expect(await writing).toMatchObject({ applied: 3 });
    expect(await ids()).toBe('a b c d');
  });

  test('an abort ends the wait, and what was posted lands whole', async () => {
    const { connections, ids } = await opened();
    const stop = new AbortController();
    const writing = connections.hot(
      plan,
      cutOf(part(['a'], false), () => stop.abort(), part(['b'], true)),
      stop.signal,
    );
    await expect(writing).rejects.toMatchObject({ code: 'SINK_CLOSED' });
    expect(await ids()).toBe('a b');
    await expect(connections.hot(plan, cutOf(part(['c'], true)), AbortSignal.abort())).rejects.toMatchObject({ code: 'SINK_CLOSED' });
    expect(await ids()).toBe('a b');
  });

  test('a thread that ends while it waits for a part is told as one, nothing of the order is written, and a new one takes over', async () => {
    const starting = nextWorker();
    const { connections, ids } = await opened();
    const worker = await starting;
    const writing = connections.hot(
      plan,
      cutOf(part(['a'], false), () => void worker.terminate(), part(['b'], false)),
      never,
    );
    await expect(writing).rejects.toMatchObject({ code: 'SINK_UNEXPECTED', retryable: true });
    expect(await ids()).toBe('');
    expect(await connections.hot(plan, cutOf(part(['a'], false), part(['b'], true)), never)).toMatchObject({ applied: 2 });
  });
});

describe('a session whose thread ends between two questions', () => {
  const insert = (id: string) => [{ text: `INSERT INTO rows (id) VALUES ('${id}')` }];

  /** What is there after a session that is cut off and then goes on like this. */
  async function after(rest: (send: Send, connections: SqliteConnections) => Promise<unknown>): Promise<string> {
    const starting = nextWorker();
    const { connections, ids } = await opened();
    const worker = await starting;
    const writing = connections.session(async (send) => {
      await send(insert('a'));
      await worker.terminate();
      await rest(send, connections);
    }, never);
    await expect(writing).rejects.toMatchObject({ code: 'SINK_UNEXPECTED', retryable: true });
    return ids();
  }

  test('writes nothing, and does not go on in the next thread', async () => {
    expect(await after((send) => send(insert('b')))).toBe('');
  });

  test('is not taken for committed', async () => {
    expect(await after(async () => undefined)).toBe('');
  });

  test('does not go on in somebody else’s either', async () => {
    const there = await after(async (send, connections) => {
      const other = connections.session(async (sendOther) => {
        await sendOther(insert('c'));
        await sendOther(insert('d'));
      }, never);
      await Promise.all([send(insert('b')), other]);
    });
    expect(there).toBe('c d');
  });

  test('that asks nothing ends without one', async () => {
    const { connections } = await opened();
    expect(await connections.session(async () => 'done', never)).toBe('done');
  });
});
