// What goes wrong on the way to a server: connections that break or fall silent, servers that are not there, urls that are wrong.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { through } from '../../../../test/support/switchable-proxy.ts';
import { until } from '../../../../test/support/until.ts';
import type { Timers } from '../../src/index.ts';
import { at, put, target, textKey } from '../../src/testing/index.ts';
import type { Sink, Table } from '../../src/types.ts';
import { mongoForFile, never, sinkFor, storedRows, timers } from '../support/ferretdb.ts';

const server = mongoForFile();

interface MuteProxy {
  readonly port: number;
  /** Questions still arrive; answers wait. */
  mute(): void;
  /** Resets every connection; answers that waited are lost. */
  reset(): void;
  close(): Promise<void>;
}

async function muteProxy(url: string): Promise<MuteProxy> {
  const target = new URL(url);
  const open = new Set<Socket>();
  let muted = false;
  const proxy = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    open.add(near);
    near.pipe(far);
    far.on('data', (answer) => muted || near.write(answer));
    near
      .on('error', () => far.destroy())
      .on('close', () => {
        open.delete(near);
        far.destroy();
      });
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const reset = (): void => {
    muted = false;
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    port: (proxy.address() as AddressInfo).port,
    mute() {
      muted = true;
    },
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

async function throughProxy(url: string, use: (given: { sink: Sink; table: Table; proxy: MuteProxy }) => Promise<void>, machineTimers = timers): Promise<void> {
  const proxy = await muteProxy(url);
  const sink = sinkFor(through(url, { ...proxy, cut() {}, join() {} }), { machine: { clock: { wallMs: () => 0 }, timers: machineTimers } });
  try {
    await use({ sink, table: await sink.table(target('orders'), never), proxy });
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
        proxy.reset();
        const report = await until('a write', () => table.write([put(textKey('b'), at(1), {})], never));
        expect(report.applied + report.unresolved).toBe(1);
      },
      manual,
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
        const closing = sink.close();
        expect(manual.pending.size).toBe(1);
        manual.fire();
        await closing;
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
