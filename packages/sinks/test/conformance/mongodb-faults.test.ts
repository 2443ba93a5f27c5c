// What goes wrong on the way to a server: connections that break or fall silent, servers that are not there, urls that are wrong.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { through } from '../../../../test/support/switchable-proxy.ts';
import { until } from '../../../../test/support/until.ts';
import type { Timers } from '../../src/index.ts';
import type { MongoSinkOptions } from '../../src/mongodb/sink.ts';
import { at, put, remove, target, textKey } from '../../src/testing/index.ts';
import type { Sink, Table } from '../../src/types.ts';
import { mongoForFile, sinkFor, storedRows } from '../support/ferretdb.ts';
import { never, timers } from '../support/machine.ts';

const server = mongoForFile();

interface MuteProxy {
  readonly port: number;
  /** On the connections that are open now, questions still arrive and no answer comes any more. */
  mute(): void;
  /** Resolves as soon as a question has come on one of them. */
  heard(): Promise<void>;
  /** Resets every connection; answers that waited are lost. */
  reset(): void;
  close(): Promise<void>;
}

async function muteProxy(url: string): Promise<MuteProxy> {
  const target = new URL(url);
  const open = new Set<Socket>();
  const muted = new Set<Socket>();
  let heard = Promise.withResolvers<void>();
  const proxy = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    open.add(near);
    near.pipe(far);
    near.on('data', () => muted.has(near) && heard.resolve());
    far.on('data', (answer) => muted.has(near) || near.write(answer));
    near
      .on('error', () => far.destroy())
      .on('close', () => {
        open.delete(near);
        muted.delete(near);
        far.destroy();
      });
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const reset = (): void => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    port: (proxy.address() as AddressInfo).port,
    mute() {
      heard = Promise.withResolvers();
      for (const socket of open) muted.add(socket);
    },
    heard: () => heard.promise,
    reset,
    async close() {
      reset();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

/** Timers that a test lets go off. */
function manualTimers(): Timers & { readonly pending: ReadonlySet<() => void>; fire(): void } {
  const pending = new Set<() => void>();
  return {
    pending,
    after(_delayMs, run) {
      pending.add(run);
      return () => pending.delete(run);
    },
    fire() {
      for (const run of pending) run();
    },
  };
}

async function throughProxy(
  url: string,
  use: (given: { sink: Sink; table: Table; proxy: MuteProxy }) => Promise<void>,
  machineTimers = timers,
  options: Partial<MongoSinkOptions> = {},
): Promise<void> {
  const proxy = await muteProxy(url);
  const machine = { clock: { wallMs: () => 0 }, timers: machineTimers };
  // The driver's own watch over the server, which is behind the proxy too, does not help out.
  const watched = `${through(url, { ...proxy, cut() {}, join() {} })}?heartbeatFrequencyMS=600000`;
  const sink = sinkFor(watched, { machine, ...options });
  try {
    const table = await sink.table(target('orders'), never);
    // Before the first write a sink asks how the server counts: what is tried here comes after that.
    await table.write([], never);
    await use({ sink, table, proxy });
  } finally {
    await proxy.close();
    await sink.close();
  }
}

/** The put is in the store, and its answer on its way. */
function landed(url: string): Promise<unknown> {
  return until('the row', async () => (await storedRows(url, { name: 'orders' })).length > 0);
}

describe('a broken way to the server', () => {
  test('cut after a write was applied and before the answer, is a retryable error, and the group written again changes nothing', async (context) => {
    const url = server.database(context);
    await throughProxy(url, async ({ table, proxy }) => {
      const group = [put(textKey('a'), at(1), { x: 1 })];
      proxy.mute();
      const write = expect(table.write(group, never)).rejects.toMatchObject({ code: 'SINK_UNREACHABLE', retryable: true });
      await landed(url);
      proxy.reset();
      await write;
      const report = await table.write(group, never);
      expect(report.applied).toBe(0);
      expect((await storedRows(url, { name: 'orders' })).map(({ data }) => data)).toEqual(['{"x":1}']);
    });
  });

  test('that falls silent is given up, and later writes have another connection', async (context) => {
    const url = server.database(context);
    const manual = manualTimers();
    await throughProxy(
      url,
      async ({ table, proxy }) => {
        proxy.mute();
        const write = expect(table.write([put(textKey('a'), at(1), {})], never)).rejects.toMatchObject({
          code: 'SINK_UNREACHABLE',
          retryable: true,
          message: expect.stringContaining('did not answer'),
        });
        await landed(url);
        expect(manual.pending.size).toBe(1);
        manual.fire();
        await write;
        expect(manual.pending.size).toBe(0);
        const report = await table.write([put(textKey('b'), at(1), {})], never);
        expect(report.applied + report.unresolved).toBe(1);
      },
      manual,
    );
  });

  test.for<[what: string, attempt: (given: { readonly sink: Sink; readonly table: Table }) => Promise<unknown>]>([
    ['writes', ({ table }) => table.write([put(textKey('c'), at(1), {}), remove(textKey('d'), at(1))], never)],
    ['sweeps', ({ table }) => table.sweep(never)],
    ['looks', ({ sink }) => sink.describe(never)],
    ['counts of dead letters', ({ sink }) => sink.deadLetters().count(never)],
    ['pages of dead letters', ({ sink }) => sink.deadLetters().page({ limit: 10 }, never)],
  ])('that falls silent under %s: no connection stays in use, so that the next attempt has one', async ([, attempt], context) => {
    const manual = manualTimers();
    await throughProxy(
      server.database(context),
      async ({ sink, table, proxy }) => {
        await attempt({ sink, table });
        proxy.mute();
        const failed = expect(attempt({ sink, table })).rejects.toMatchObject({ code: 'SINK_UNREACHABLE', retryable: true });
        await proxy.heard();
        manual.fire();
        await failed;
        await attempt({ sink, table });
        const { connections } = await sink.describe(never);
        expect(connections).toMatchObject({ idle: connections?.open, waiting: 0, max: 1 });
      },
      manual,
      { poolMax: 1 },
    );
  });

  test('does not keep a stop waiting, neither the write nor the close', async (context) => {
    const url = server.database(context);
    const manual = manualTimers();
    await throughProxy(
      url,
      async ({ sink, table, proxy }) => {
        const stop = new AbortController();
        proxy.mute();
        const write = expect(table.write([put(textKey('a'), at(1), {})], stop.signal)).rejects.toMatchObject({ code: 'SINK_CLOSED' });
        await landed(url);
        stop.abort();
        await write;
        // The connection was closed with the write: there is nobody left to say goodbye to.
        await sink.close();
        expect(manual.pending.size).toBe(0);
      },
      manual,
    );
  });
});

describe('no way to the server', () => {
  test('nobody listens: said with what to do, again and again until it is closed', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as AddressInfo;
    nobody.close();
    await once(nobody, 'close');
    const sink = sinkFor(`mongodb://u:secret@127.0.0.1:${port}/shop?serverSelectionTimeoutMS=100`);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const refusal: unknown = await sink.open(never).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'SINK_UNREACHABLE', retryable: true });
      expect(String(refusal)).not.toContain('secret');
    }
    await sink.close();
    await expect(sink.open(never)).rejects.toMatchObject({ code: 'SINK_CLOSED', retryable: false });
  });

  test.for([
    ['no url', 'not a url', 'SINK_DENIED'],
    ['no database', 'mongodb://u:secret@127.0.0.1:1/?tls=true', 'no database is named'],
    ['an unknown option', 'mongodb://u:secret@127.0.0.1:1/shop?sercet=1', 'sercet'],
  ] as const)('%s: stops, and tells no secret', async ([, url, words]) => {
    const sink = sinkFor(url, url === 'not a url' ? { database: 'shop' } : {});
    const refusal: unknown = await sink.open(never).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'SINK_DENIED', retryable: false });
    expect(`${(refusal as { code: string }).code} ${String(refusal)}`).toContain(words);
    expect(String(refusal)).not.toContain('secret');
    await sink.close();
  });

  test('a sink that was never used has nothing to close', async () => {
    await sinkFor('mongodb://127.0.0.1:1/shop').close();
  });
});
