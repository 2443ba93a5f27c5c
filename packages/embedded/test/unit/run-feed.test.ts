// What the feed does when a stream refuses records, and how even its rate is, against a stream that is a list and a clock that a
// test moves.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { createFeed, type FeedMachine, runFeed, type SentRecord } from '../../src/index.ts';

interface Put {
  readonly Records: readonly { readonly Data: string; readonly PartitionKey: string }[];
}

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

/** A PutRecords that takes the records which `accepts` lets in; `calls` are its batches' sizes. */
async function listStream(accepts: (call: number, index: number) => boolean): Promise<{ url: string; calls: number[]; taken: string[] }> {
  const calls: number[] = [];
  const taken: string[] = [];
  const server = createServer(async (request, response) => {
    const { Records: records } = (await json(request)) as Put;
    calls.push(records.length);
    const answers = records.map(({ Data }, index) => {
      if (!accepts(calls.length, index)) return { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'slow down' };
      taken.push(Data);
      return { SequenceNumber: String(taken.length), ShardId: 'shardId-000000000000' };
    });
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify({ FailedRecordCount: answers.filter((answer) => 'ErrorCode' in answer).length, Records: answers }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, taken };
}

/** Time passes only by sleeping. */
function sleeper(): FeedMachine & { slept: number[] } {
  const slept: number[] = [];
  const now = () => slept.reduce((sum, ms) => sum + ms, 0);
  return {
    slept,
    clock: { monotonicMs: now, wallMs: () => 1_795_000_000_000 + now() },
    timers: {
      async sleep(delayMs) {
        slept.push(delayMs);
      },
    },
  };
}

const feed = () => createFeed({ seed: 1, keys: 10, duplicateRatio: 0.1, disorderRatio: 0.1 });

test('what the stream refuses is sent again, and counted once', async () => {
  const { url, taken, calls } = await listStream((call, index) => call > 2 || index % 2 === 0);
  const sent: SentRecord[] = [];
  const machine = sleeper();
  const counts = await runFeed({
    url,
    stream: 's',
    feed: feed(),
    ratePerSecond: Number.POSITIVE_INFINITY,
    records: 40,
    machine,
    onSent: (records) => sent.push(...records),
  });
  expect(calls.slice(0, 3)).toEqual([40, 20, 10]);
  expect(counts.sent).toBe(taken.length);
  expect(sent.map((record) => [record.sequence, Buffer.from(record.data).toString('base64')])).toEqual(
    expect.arrayContaining(taken.map((data, index) => [String(index + 1), data])),
  );
  expect(machine.slept).toHaveLength(2);
});

test('a stream that goes on refusing ends the feed with what to do', async () => {
  const { url, calls } = await listStream(() => false);
  const run = runFeed({ url, stream: 'full', feed: feed(), ratePerSecond: 10, records: 1, machine: sleeper() });
  await expect(run).rejects.toThrow(/full refused 1 records 100 times.*more shards/);
  expect(calls).toHaveLength(100);
});

test.each([
  [100, 50],
  [10_000, 500],
  [7, 1],
])('%d a second comes in batches of at most %d', async (ratePerSecond, largest) => {
  const { url, calls } = await listStream(() => true);
  const machine = sleeper();
  const counts = await runFeed({
    url,
    stream: 's',
    feed: createFeed({ seed: 1, keys: 10, duplicateRatio: 0, disorderRatio: 0 }),
    ratePerSecond,
    records: 2 * ratePerSecond,
    machine,
  });
  expect(Math.max(...calls)).toBeLessThanOrEqual(largest);
  const seconds = machine.clock.monotonicMs() / 1_000;
  expect(seconds).toBeGreaterThan(1.8);
  expect(seconds).toBeLessThan(2.1);
  expect(counts.sent).toBeGreaterThanOrEqual(2 * ratePerSecond);
});
