// What goes wrong on a real server: rows it refuses, connections that break, tables that vanish, locks.
import { once } from 'node:events';
import net from 'node:net';
import { inspect } from 'node:util';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { createPostgresSink, type Sink } from '../../src/index.ts';
import { createConnections } from '../../src/postgres/connections.ts';
import { at, put, remove, target, textKey } from '../../src/testing/index.ts';
import { clock, machine, never, timers } from '../support/machine.ts';
import { postgresForFile, query, sinkFor } from '../support/postgres.ts';

const newUrl = postgresForFile();

async function withTable(use: (given: { url: string; sink: Sink; table: Awaited<ReturnType<Sink['table']>> }) => Promise<void>, make = sinkFor): Promise<void> {
  const url = await newUrl();
  const sink = make(url);
  try {
    await use({ url, sink, table: await sink.table(target('orders'), never) });
  } finally {
    await sink.close();
  }
}

/** Holds the table's lock while `use` runs, and tells when somebody waits for it. */
async function whileLocked(url: string, use: (waited: () => Promise<void>) => Promise<void>): Promise<void> {
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  try {
    await holder.query('BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
    await use(async () => {
      while (Number((await holder.query('SELECT count(*) FROM pg_locks WHERE NOT granted')).rows[0].count) === 0);
    });
  } finally {
    await holder.end();
  }
}

describe('rows', () => {
  test('are rejected with the server’s own code', async () => {
    await withTable(async ({ url, table }) => {
      await query(url, `ALTER TABLE orders ADD CHECK (data->>'state' IS DISTINCT FROM 'bad'); CREATE UNIQUE INDEX ON orders ((data->>'email'))`);
      const incompressible = Array.from({ length: 4_000 }, (_, index) => String.fromCharCode(0x4e00 + ((index * 7_919) % 20_000))).join('');
      const group = [
        put(textKey('a'), at(1), { email: 'x' }),
        put(textKey('b'), at(1), { text: '\u0000' }),
        put(textKey('c'), at(1), { text: '\ud800' }),
        put(textKey('d'), at(1), { state: 'bad' }),
        put(textKey('e'), at(1), { email: 'x' }),
        put(textKey(incompressible), at(1), {}),
        remove(textKey('g'), at(1)),
        put([['id', 5]], at(1), {}),
      ];
      const { applied, superseded, rejected } = await table.write(group, never);
      expect({ applied, superseded, codes: rejected.map(({ index, error }) => `${index} ${error.code}`) }).toEqual({
        applied: 2,
        superseded: 0,
        codes: ['1 22P05', '2 22P02', '3 23514', '4 23505', '5 54000', '7 KEY_TYPE'],
      });
    });
  });
});

describe('a broken environment', () => {
  test('a connection killed in mid-write is a retryable error, and the next write has a new one', async () => {
    await withTable(async ({ url, table }) => {
      await whileLocked(url, async (waited) => {
        const write = expect(table.write([put(textKey('a'), at(1), {})], never)).rejects.toMatchObject({ code: 'SINK_UNREACHABLE', retryable: true });
        await waited();
        await query(url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'shardfold test'`);
        await write;
      });
      expect(await table.write([put(textKey('a'), at(1), {})], never)).toMatchObject({ applied: 1 });
    });
  });

  test('idle connections that were killed do not poison the pool', async () => {
    await withTable(async ({ url, table }) => {
      await Promise.all(['a', 'b', 'c'].map((id) => table.write([put(textKey(id), at(1), {})], never)));
      await query(url, `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'shardfold test'`);
      let applied = 0;
      for (let attempt = 0; attempt < 6 && applied === 0; attempt += 1) {
        const report = await table.write([put(textKey('d'), at(1), {})], never).catch((error: { retryable: boolean }) => expect(error.retryable).toBe(true));
        applied = report?.applied ?? 0;
      }
      expect(applied).toBe(1);
    });
  });

  test('a connection reset in mid-write is a retryable error, and the process lives on', async () => {
    const url = await newUrl();
    const sockets = new Set<net.Socket>();
    const proxy = net.createServer((near) => {
      const far = net.connect(Number(new URL(url).port), '127.0.0.1');
      sockets.add(near);
      near.pipe(far).pipe(near);
      near.on('error', () => far.destroy()).on('close', () => far.destroy());
      far.on('error', () => near.destroy());
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const through = new URL(url);
    const address = proxy.address();
    through.port = String(typeof address === 'object' ? address?.port : 0);
    const sink = sinkFor(through.href);
    try {
      const table = await sink.table(target('orders'), never);
      await whileLocked(url, async (waited) => {
        const write = expect(table.write([put(textKey('a'), at(1), {})], never)).rejects.toMatchObject({ code: 'SINK_UNREACHABLE', retryable: true });
        await waited();
        for (const socket of sockets) socket.resetAndDestroy();
        await write;
      });
      expect(await table.write([put(textKey('b'), at(1), {})], never)).toMatchObject({ applied: 1 });
    } finally {
      await sink.close();
      proxy.close();
      await once(proxy, 'close');
    }
  });

  test('a session that forgot its prepared statements is replaced', async () => {
    const url = await newUrl();
    const sink = createPostgresSink({ url, application: 'test', machine, poolMax: 1, createTables: true });
    try {
      const table = await sink.table(target('orders'), never);
      await table.write([put(textKey('a'), at(1), {})], never);
      // What a pooler between statements does; the trigger is the one way into the sink's own session.
      await query(
        url,
        `CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DEALLOCATE ALL'; RETURN NULL; END $$;
        CREATE TRIGGER forget AFTER INSERT ON orders EXECUTE FUNCTION forget()`,
      );
      await table.write([put(textKey('b'), at(1), {})], never);
      await expect(table.write([put(textKey('c'), at(1), {})], never)).rejects.toMatchObject({ code: 'SINK_UNEXPECTED', retryable: true });
      expect(await table.write([put(textKey('c'), at(1), {})], never)).toMatchObject({ applied: 1 });
    } finally {
      await sink.close();
    }
  });

  test('a stop breaks a waiting write off', async () => {
    await withTable(async ({ url, table }) => {
      await whileLocked(url, async (waited) => {
        const stop = new AbortController();
        const write = expect(table.write([put(textKey('a'), at(1), {})], stop.signal)).rejects.toMatchObject({ code: 'SINK_CLOSED' });
        await waited();
        stop.abort();
        await write;
      });
    });
  });

  test('a stop takes a write out of the queue for a connection, and leaves the others', async () => {
    const connections = createConnections({ url: await newUrl(), application: 'test', poolMax: 1, timers });
    const one = { text: 'SELECT 1 AS one' };
    try {
      const stop = new AbortController();
      let queued: Promise<unknown> | undefined;
      const answers = await connections.session(async (send) => {
        await send([one]);
        queued = expect(connections.run(one, stop.signal)).rejects.toMatchObject({ code: 'SINK_CLOSED' });
        while (connections.status()?.waiting === 0) await send([one]);
        stop.abort();
        await queued;
        return send([one]);
      }, never);
      expect(answers[0]?.rows).toEqual([{ one: 1 }]);
      expect(await connections.run(one, never)).toMatchObject({ rows: [{ one: 1 }] });
      expect(connections.status()).toEqual({ open: 1, idle: 1, waiting: 0, max: 1 });
    } finally {
      await connections.close();
    }
  });

  test('what had landed in a write that failed half-way is reported once, when the group comes again', async () => {
    await withTable(async ({ url, table }) => {
      const group = Array.from({ length: 5_010 }, (_, index) => put(textKey(`k${String(index).padStart(5, '0')}`), at(1), {}));
      await table.write(group.slice(0, 2), never);
      const holder = new pg.Client({ connectionString: url });
      await holder.connect();
      await holder.query(`BEGIN; INSERT INTO orders VALUES ('k05005', '{}', 1, 1)`);
      const failing = expect(table.write(group, never)).rejects.toMatchObject({ retryable: true });
      while (Number((await query(url, `SELECT count(*) FROM pg_locks WHERE NOT granted`))[0]?.count) === 0);
      await query(url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'shardfold test' AND wait_event_type = 'Lock'`);
      await failing;
      await holder.query('ROLLBACK');
      await holder.end();
      expect(await query(url, 'SELECT count(*)::int AS rows FROM orders')).toEqual([{ rows: 5_000 }]);
      expect(await table.write(group, never)).toMatchObject({ applied: 5_008, superseded: 2 });
      expect(await table.write(group, never)).toMatchObject({ applied: 0, superseded: 5_010 });
    });
  });

  test('a table that somebody holds gets its new column later', async () => {
    const url = await newUrl();
    const sink = sinkFor(url);
    try {
      const table = await sink.table(target('orders', { layout: 'columns' }), never);
      const holder = new pg.Client({ connectionString: url });
      await holder.connect();
      await holder.query(`BEGIN; INSERT INTO orders (id, cdc_time, cdc_seq) VALUES ('z', 1, 1)`);
      await expect(table.write([put(textKey('a'), at(1), { n: 1 })], never)).rejects.toMatchObject({ code: 'SINK_BUSY', retryable: true });
      expect(await table.write([remove(textKey('b'), at(1))], never)).toMatchObject({ applied: 1 });
      await holder.query('ROLLBACK');
      await holder.end();
      expect(await table.write([put(textKey('a'), at(1), { n: 1 })], never)).toMatchObject({ applied: 1 });
    } finally {
      await sink.close();
    }
  });

  test('a server that falls silent is given up', async () => {
    const pending = new Set<() => void>();
    const manual = {
      after(_delayMs: number, run: () => void) {
        pending.add(run);
        return () => pending.delete(run);
      },
    };
    await withTable(
      async ({ url, table }) => {
        await whileLocked(url, async (waited) => {
          const write = expect(table.write([put(textKey('a'), at(1), {})], never)).rejects.toMatchObject({
            code: 'SINK_UNREACHABLE',
            retryable: true,
            message: expect.stringContaining('did not answer'),
          });
          await waited();
          expect(pending.size).toBe(1);
          for (const run of pending) run();
          await write;
        });
        expect(pending.size).toBe(0);
      },
      (url) => createPostgresSink({ url, application: 'test', machine: { clock, timers: manual }, createTables: true }),
    );
  });

  test('nobody listens', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    const sink = createPostgresSink({
      url: `postgres://u:secret@127.0.0.1:${typeof address === 'object' ? address?.port : 0}/db`,
      application: 'test',
      machine,
      createTables: true,
    });
    const refusal = await sink.open(never).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'SINK_UNREACHABLE', retryable: true });
    expect(String(refusal)).not.toContain('secret');
    await sink.close();
    await expect(sink.open(never)).rejects.toMatchObject({ code: 'SINK_CLOSED', retryable: false });
  });

  test('a url that cannot be read is refused without being told', async () => {
    const sink = sinkFor('postgres://u:s3cret@127.0.0.1:port/db');
    const refusal: unknown = await sink.open(never).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'SINK_DENIED', retryable: false });
    expect(inspect(refusal, { depth: 5 })).not.toContain('s3cret');
    await sink.close();
  });

  test('read-only servers are waited for, unknown databases are not', async () => {
    const url = await newUrl();
    const name = new URL(url).pathname.slice(1);
    await query(url, `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    const sink = sinkFor(url);
    await expect(sink.open(never)).rejects.toMatchObject({ code: 'SINK_READ_ONLY', retryable: true });
    await sink.close();
    const lost = sinkFor(url.replace(name, 'nowhere'));
    await expect(lost.open(never)).rejects.toMatchObject({ code: 'SINK_DENIED', retryable: false });
    await lost.close();
  });

  test('a database whose default isolation is stricter changes nothing', async () => {
    const url = await newUrl();
    await query(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_isolation = 'repeatable read'`);
    const sink = sinkFor(url);
    try {
      const table = await sink.table(target('orders'), never);
      const holder = new pg.Client({ connectionString: url });
      await holder.connect();
      await table.write([put(textKey('a'), at(1), {})], never);
      await holder.query(`BEGIN; DELETE FROM orders; INSERT INTO orders__tombstones VALUES ('a', 30, 1, now())`);
      const write = table.write([put(textKey('a'), at(20), {})], never);
      while (Number((await holder.query('SELECT count(*) FROM pg_locks WHERE NOT granted')).rows[0].count) === 0);
      await holder.query('COMMIT');
      await holder.end();
      expect(await write).toMatchObject({ applied: 0, superseded: 1 });
    } finally {
      await sink.close();
    }
  });

  test('a dropped table says so, and opening it again makes it new', async () => {
    await withTable(async ({ url, sink, table }) => {
      await query(url, 'DROP TABLE orders');
      await expect(table.write([put(textKey('a'), at(1), {})], never)).rejects.toMatchObject({ code: 'SINK_TABLE_MISSING', retryable: false });
      const again = await sink.table(target('orders'), never);
      expect(await again.write([put(textKey('a'), at(1), {})], never)).toMatchObject({ applied: 1 });
    });
  });
});
