// What every SQL sink keeps over a bad network: no write hangs, none is lost, and each fault is one to wait out. The server is real, the
// network is `faulty-proxy.ts`. It knows no database.
import { expect } from 'vitest';
import type { Sink, Timers, WriteReport } from '../../src/index.ts';
import { at, put, remove, type SinkUnderTest, target, textKey } from '../../src/testing/index.ts';
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';

export interface NetworkUnderTest {
  /** Two sinks right at the server, for looking. */
  direct(): Promise<SinkUnderTest>;
  url(): string;
  /** A sink at a url, with timers that a test turns by hand. */
  sink(url: string, timers: Timers): Sink;
  /** Part of what is sent while a session is set up; absent where the driver alone sets it up, by its own clock. */
  readonly setup?: string;
  /** Part of the request whose answer tells that the group of the third law is stored; what a transaction ends with, by default. */
  readonly stores?: string;
}

export interface NetworkLaw {
  readonly name: string;
  run(): Promise<void>;
}

const never = new AbortController().signal;
const unreachable = { code: 'SINK_UNREACHABLE', retryable: true };
const orders = target('orders');

/** Time that passes when a test says so. */
function handTurned() {
  const pending = new Set<() => void>();
  const timers: Timers = {
    after(_delayMs, run) {
      pending.add(run);
      return () => pending.delete(run);
    },
  };
  return {
    timers,
    pass: () => {
      for (const run of pending) run();
    },
    isWaiting: () => pending.size > 0,
  };
}

interface Given {
  readonly proxy: FaultyProxy;
  readonly sink: Sink;
  readonly near: SinkUnderTest;
  readonly time: ReturnType<typeof handTurned>;
}

function law(under: NetworkUnderTest, name: string, use: (given: Given) => Promise<void>): NetworkLaw {
  return {
    name,
    async run() {
      const proxy = await startFaultyProxy(under.url());
      const time = handTurned();
      const [near, sink] = [await under.direct(), under.sink(proxy.url, time.timers)];
      try {
        await use({ proxy, sink, near, time });
      } finally {
        await Promise.all([sink.close(), near.close()]);
        await proxy.close();
      }
    },
  };
}

async function storedKeys(near: SinkUnderTest): Promise<readonly string[]> {
  return (await near.rows(orders)).map(({ key }) => key.join()).sort();
}

/** Rows that landed: a server may not say which of them it had already. */
function landed({ applied, unresolved }: WriteReport): number {
  return applied + unresolved;
}

export function networkLaws(under: NetworkUnderTest): readonly NetworkLaw[] {
  const { setup } = under;
  return [...writeLaws(under), ...(setup === undefined ? [] : [setupLaw(under, setup)])];
}

function writeLaws(under: NetworkUnderTest): readonly NetworkLaw[] {
  return [
    law(under, 'a connection that breaks in mid-write is waited out, and the next write has another', async ({ proxy, sink, near }) => {
      const table = await sink.table(orders, never);
      await table.write([put(textKey('a'), at(1), {})], never);
      const silent = proxy.muteAt('shardfold-b');
      const write = expect(table.write([put(textKey('shardfold-b'), at(1), {})], never)).rejects.toMatchObject(unreachable);
      await silent;
      proxy.reset();
      await write;
      expect(landed(await table.write([put(textKey('shardfold-b'), at(1), {})], never))).toBe(1);
      expect(await storedKeys(near)).toEqual(['a', 'shardfold-b']);
    }),
    law(under, 'a peer that has gone without a word is given up, and the next write has another connection', async ({ proxy, sink, time }) => {
      const table = await sink.table(orders, never);
      await table.write([put(textKey('a'), at(1), {})], never);
      const silent = proxy.muteAt('shardfold-b');
      const write = expect(table.write([put(textKey('shardfold-b'), at(1), {})], never)).rejects.toMatchObject(unreachable);
      await silent;
      time.pass();
      await write;
      expect(landed(await table.write([put(textKey('shardfold-b'), at(1), {})], never))).toBe(1);
    }),
    law(under, 'an answer that is lost after the rows were stored: they are written again, and nothing changes', async ({ proxy, sink, near }) => {
      const table = await sink.table(orders, never);
      await table.write([put(textKey('a'), at(1), {}), put(textKey('b'), at(1), {})], never);
      const group = [remove(textKey('a'), at(2)), put(textKey('b'), at(2), { n: 2 }), put(textKey('c'), at(2), {})];
      const sent = proxy.loseAnswerTo(under.stores ?? 'COMMIT');
      const write = expect(table.write(group, never)).rejects.toMatchObject(unreachable);
      await sent;
      while (!(await storedKeys(near)).includes('c'));
      proxy.reset();
      await write;
      const { applied, superseded, unresolved, rejected } = await table.write(group, never);
      expect([applied + superseded + unresolved, rejected]).toEqual([3, []]);
      expect(await storedKeys(near)).toEqual(['b', 'c']);
      await table.write([put(textKey('a'), at(1), {})], never);
      expect(await storedKeys(near), 'what was deleted stays so').toEqual(['b', 'c']);
    }),
    law(under, 'a network that dribbles', async ({ proxy, sink, near }) => {
      proxy.dribble(11);
      const table = await sink.table(orders, never);
      const group = Array.from({ length: 20 }, (_, index) => put(textKey(`k${String(index).padStart(2, '0')}`), at(1), { text: 'ü'.repeat(100) }));
      expect(landed(await table.write(group, never))).toBe(20);
      expect(await storedKeys(near)).toHaveLength(20);
    }),
  ];
}

function setupLaw(under: NetworkUnderTest, setup: string): NetworkLaw {
  return law(under, 'silence while a session is set up is given up; a stop and a close do not wait for it', async ({ proxy, sink, time }) => {
    const first = proxy.muteAt(setup);
    const opening = expect(sink.open(never)).rejects.toMatchObject(unreachable);
    await first;
    time.pass();
    await opening;
    const stop = new AbortController();
    const second = proxy.muteAt(setup);
    const again = expect(sink.open(stop.signal)).rejects.toMatchObject({ code: 'SINK_CLOSED' });
    await second;
    stop.abort();
    await again;
    await sink.close();
    expect(time.isWaiting()).toBe(false);
  });
}
