// A start at the latest that does not come about at once: what was put since it was decided comes all the same, and what lies long before
// does not. Over the Kinesis in memory, in virtual time.
import { describe, expect, test } from 'vitest';
import { ConsumerError } from '../../src/errors.ts';
import { fanOutOrPolling } from '../../src/fan-out/or-polling.ts';
import { createByteBudget, memoryKinesis, type ServiceCall, type ServiceHook } from '../../src/testing/index.ts';
import type { ShardSource } from '../../src/types.ts';
import { memoryFleet } from '../support/memory-fleet.ts';
import { never } from '../support/memory-reading.ts';
import { sourceOver, whileTimePasses } from '../support/sources-under-test.ts';
import { virtualTime } from '../support/time.ts';

const startMs = 1_760_000_000_000;
const minuteMs = 60_000;
const budgetBytes = 1_000_000;
const stream = 'orders';

/** A stream with a record of a minute ago, and a reader that is to begin now. */
async function aboutToBegin() {
  const time = virtualTime();
  const machine = time.machine(1, { wallMs: startMs });
  const kinesis = memoryKinesis({ clock: machine.clock });
  kinesis.createStream(stream);
  const [shard] = kinesis.openShards(stream);
  if (shard === undefined) throw new Error('a stream without shards');
  const put = (data: string) => kinesis.put(stream, { partitionKey: 'key', data });
  put('old');
  await time.advance(minuteMs);
  const sinceMs = machine.clock.wallMs();
  const budget = createByteBudget(budgetBytes);
  let hook: ServiceHook = () => undefined;
  const polling = sourceOver({ service: kinesis.intercept((call, signal) => hook(call, signal)), budget, machine });
  return {
    machine,
    budget,
    polling,
    passedMs: () => machine.clock.wallMs() - sinceMs,
    disturb(by: ServiceHook) {
      hook = by;
    },
    /** What comes up to a record that is put so long after the beginning. */
    async read(source: ShardSource = polling, afterMs = minuteMs / 2) {
      const seen: string[] = [];
      async function untilItComes(): Promise<void> {
        for await (const batch of source.open(shard as NonNullable<typeof shard>, { kind: 'latest', sinceMs }, { signal: never })) {
          seen.push(...batch.records.map((record) => record.text()));
          batch.release();
          if (seen.includes('meanwhile')) return;
        }
      }
      const reading = untilItComes();
      const putting = machine.timers.sleep(afterMs).then(() => put('meanwhile'));
      await whileTimePasses(time, Promise.all([reading, putting]));
      return seen;
    },
  };
}

type Beginning = Awaited<ReturnType<typeof aboutToBegin>>;
type Operation = ServiceCall['operation'];

const throttledUntil =
  (ms: number, of: Operation) =>
  ({ passedMs, disturb }: Beginning): void =>
    disturb(({ operation }) => (operation === of && passedMs() < ms ? { kind: 'throttle' } : undefined));

describe('a reader at the latest is given what came meanwhile, and nothing from before', () => {
  test.each<[string, (beginning: Beginning) => unknown]>([
    ['where its first iterator is refused for a minute', throttledUntil(minuteMs, 'iterator')],
    [
      'where the answer with its first iterator is lost for a minute',
      ({ passedMs, disturb }) => disturb(({ operation }) => (operation === 'iterator' && passedMs() < minuteMs ? { kind: 'cut', when: 'after' } : undefined)),
    ],
    ['where no page comes until its iterator has expired', throttledUntil(6 * minuteMs, 'page')],
    [
      'where its first iterator takes a minute to be given',
      ({ machine, disturb }) => {
        let isFirst = true;
        disturb(async ({ operation }) => {
          if (operation === 'iterator' && isFirst) {
            isFirst = false;
            await machine.timers.sleep(minuteMs);
          }
          return undefined;
        });
      },
    ],
    [
      'where there is no room for a page for a minute',
      async ({ machine, budget }) => {
        const { reservation } = await budget.reserve({ wanted: budgetBytes, minimum: budgetBytes }, never);
        void machine.timers.sleep(minuteMs).then(reservation.release);
      },
    ],
    [
      'where the first page is empty though something is behind it, and its iterator expires then',
      ({ passedMs, disturb }) => {
        const pages = [{ kind: 'short', records: 0 }, { kind: 'expire' }] as const;
        let page = 0;
        disturb(({ operation }) => {
          if (operation !== 'page') return undefined;
          if (passedMs() < minuteMs) return { kind: 'throttle' };
          page += 1;
          return pages[page - 1];
        });
      },
    ],
  ])('%s', async (_, trouble) => {
    const beginning = await aboutToBegin();
    await trouble(beginning);
    expect(await beginning.read()).toEqual(['meanwhile']);
  });

  test('where its first iterator is refused for a moment', async () => {
    const beginning = await aboutToBegin();
    throttledUntil(100, 'iterator')(beginning);
    expect(await beginning.read(beginning.polling, 50)).toEqual(['meanwhile']);
  });

  test('where fan-out is refused only after a while, and it is polled', async () => {
    const { machine, polling, read } = await aboutToBegin();
    const fanOut: ShardSource = {
      async *open() {
        await machine.timers.sleep(minuteMs);
        yield* [];
        throw new ConsumerError('FAN_OUT_REFUSED', 'no room for another consumer', { retryable: false });
      },
    };
    expect(await read(fanOutOrPolling(fanOut, polling, () => undefined))).toEqual(['meanwhile']);
  });
});

test('a consumer whose first calls fail is given what was put since the moment in its row', async () => {
  const { start, until, put, time } = memoryFleet();
  put('old');
  await time.advance(minuteMs);
  let isRefused = true;
  const running = start({ start: { kind: 'latest' }, hook: ({ operation }) => (isRefused && operation === 'iterator' ? { kind: 'throttle' } : undefined) });
  await until(() => running.of('fetch-failed').length > 0);
  put('meanwhile');
  await time.advance(minuteMs);
  isRefused = false;
  await until(() => running.seen.length > 0);
  expect(running.seen).toEqual(['meanwhile']);
});
