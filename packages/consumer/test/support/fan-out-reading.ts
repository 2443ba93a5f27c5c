// One reading by enhanced fan-out through the real SDK and real sockets, against a server that does what the service does and what it
// should not. Time is virtual: pauses and watchdogs pass when the test says so. It knows no test.
import type { Machine } from '@shardfold/lease';
import { afterEach, beforeEach, vi } from 'vitest';
import { createFanOut } from '../../src/fan-out/fan-out.ts';
import { type ByteBudget, createByteBudget } from '../../src/memory/byte-budget.ts';
import type { ConsumerEvent, ReadFrom, RecordBatch } from '../../src/types.ts';
import { fanOutServer, type Transport } from './fan-out-server.ts';
import type { ServedEvent } from './fan-out-server-frames.ts';
import { shard } from './records.ts';
import { virtualTime } from './time.ts';

export const budgetBytes = 100_000;
export const streamArn = 'arn:aws:kinesis:us-east-1:000000000000:stream/orders';
const horizon: ReadFrom = { kind: 'trim-horizon' };
export const one = { records: [{ sequence: '1', payload: 'one' }], continuation: '1' };
export const two = { records: [{ sequence: '2', payload: 'two' }], continuation: '2' };

/** Says when somebody has to wait for room. */
function watchedBudget() {
  const budget = createByteBudget(budgetBytes);
  const waits = Promise.withResolvers<void>();
  return {
    waits: waits.promise,
    used: budget.used,
    reserve(...asked: Parameters<ByteBudget['reserve']>) {
      const before = budget.used();
      const granted = budget.reserve(...asked);
      if (budget.used() === before) waits.resolve();
      return granted;
    },
  };
}

export interface ReadingOptions {
  readonly from?: ReadFrom;
  /** Shards that there are. */
  readonly listed?: readonly string[];
  /** Passes before the consumer is looked for. */
  readonly beforeArn?: (machine: Machine) => Promise<void>;
}

/** A reading under way, with everything it says. */
export async function readingOn(transport: Transport, { from = horizon, listed = [shard.shardId], beforeArn = async () => undefined }: ReadingOptions = {}) {
  const server = await fanOutServer(transport);
  const time = virtualTime();
  const machine = time.machine(1);
  const budget = watchedBudget();
  const events: ConsumerEvent[] = [];
  const told: (() => void)[] = [];
  const fanOut = createFanOut({
    access: { endpoint: server.url, region: 'us-east-1', http2: transport === 'http/2' },
    application: 'app',
    service: {
      async describe() {
        await beforeArn(machine);
        return { name: shard.stream, arn: streamArn };
      },
      listShards: async () => listed.map((shardId) => ({ shardId, parents: [], closed: false })),
    },
    machine,
    budget,
    onEvent(event) {
      events.push(event);
      for (const tell of told.splice(0)) tell();
    },
  });
  const stop = new AbortController();
  const batches = fanOut.source.open(shard, from, { signal: stop.signal })[Symbol.asyncIterator]();
  open.push(async () => {
    stop.abort(new Error('the test is over'));
    await batches.return?.();
    fanOut.close();
    await server.stop();
  });
  return {
    server,
    time,
    machine,
    budget,
    events,
    stop,
    batches,
    /** Resolves with the next event of the reading. */
    event: async () => {
      if (events.length === 0) await new Promise<void>((resolve) => told.push(resolve));
      return events.shift();
    },
    /** Asks for a batch, agrees to the subscription that this needs, and has it send. */
    async begin(...sent: readonly ServedEvent[]) {
      const first = batches.next();
      const subscription = (await server.subscription()).accept().send(...sent);
      return { subscription, first: await first };
    },
  };
}

export type Reading = Awaited<ReturnType<typeof readingOn>>;

export const texts = (result: IteratorResult<RecordBatch>): readonly string[] =>
  result.done === true ? ['over'] : result.value.records.map((record) => record.text());

export function release(result: IteratorResult<RecordBatch>): void {
  if (result.done !== true) result.value.release();
}

export const transports: readonly Transport[] = ['http/2', 'http/1.1'];

export const after = (sequence: string) => ({ Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: sequence });

const open: (() => Promise<void>)[] = [];

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
  vi.unstubAllEnvs();
});
