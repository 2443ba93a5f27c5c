// Reading without leases: from where, which shards, and in what order over a reshard.
import { describe, expect, test } from 'vitest';
import { unpacked } from '../../src/aggregation/unpack.ts';
import { createByteBudget } from '../../src/memory/byte-budget.ts';
import { createPollingSource } from '../../src/source/polling.ts';
import { type TapChoice, tapOver } from '../../src/tap.ts';
import { never } from '../support/lease-desk.ts';
import { memoryFleet, minuteMs, startMs, stream } from '../support/memory-fleet.ts';
import { turn } from '../support/time.ts';

const bufferBytes = 1024 * 1024;
const first = 'shardId-000000000000';

/** `old` in a shard that is split then, and one record in each child. */
async function splitStream() {
  const fleet = memoryFleet();
  const { kinesis, time } = fleet;
  const [old] = fleet.put('old');
  await time.advance(minuteMs);
  fleet.put('older');
  kinesis.split(stream, first);
  const putAll = (text: string) => {
    for (const { shardId, hashRange } of kinesis.openShards(stream))
      kinesis.put(stream, { partitionKey: 'key', explicitHashKey: hashRange?.start ?? '0', data: `${text} ${shardId.at(-1)}` });
  };
  putAll('new');
  await time.advance(minuteMs);
  return { fleet, putAll, old: old ?? '' };
}

function tapping({ time, kinesis }: ReturnType<typeof memoryFleet>, choice: TapChoice) {
  const machine = time.machine(50, { wallMs: startMs + time.nowMs() });
  const budget = createByteBudget(bufferBytes);
  const onEvent = () => undefined;
  const polling = createPollingSource({ service: kinesis.service, machine, budget, recordsPerCallMax: 100, pollIntervalMs: 1_000, limits: 'none', onEvent });
  const source = unpacked(polling, { bufferBytes, outsideShard: 'deliver', turn, onEvent });
  const stop = new AbortController();
  const seen: string[] = [];
  const take = async ({ records }: { readonly records: readonly { text(): string }[] }) => void seen.push(...records.map((record) => record.text()));
  let ended: unknown;
  const reading = tapOver({ service: kinesis.service, source, streams: [stream], machine })
    .read(choice, take, stop.signal)
    .then(
      () => {
        ended = 'end';
      },
      (error: unknown) => {
        ended = error;
      },
    );
  return { seen, budget, stop: (why: Error) => stop.abort(why), ended: () => ended, reading };
}

describe('all shards', () => {
  test.each<readonly [TapChoice['from'], readonly string[]]>([
    [{ kind: 'trim-horizon' }, ['old', 'older', 'new 1', 'new 2', 'next 1', 'next 2']],
    [{ kind: 'timestamp', atMs: startMs + 1 }, ['older', 'new 1', 'new 2', 'next 1', 'next 2']],
    [{ kind: 'latest' }, ['next 1', 'next 2']],
  ])('from %j, parents before their children, and then what comes', async (from, expected) => {
    const { fleet, putAll } = await splitStream();
    const tap = tapping(fleet, { shards: [], from });
    await fleet.time.advance(3_000);
    putAll('next');
    await fleet.until(() => tap.seen.length >= expected.length);
    const beginning = expected.filter((text) => text.startsWith('old'));
    expect(tap.seen.slice(0, beginning.length)).toEqual(beginning);
    expect(tap.seen.toSorted()).toEqual(expected.toSorted());
    const why = new Error('enough');
    tap.stop(why);
    await fleet.until(() => tap.ended() !== undefined);
    expect(tap.ended()).toBe(why);
    expect(tap.budget.used()).toBe(0);
  });

  test('a parent that takes long is waited for', async () => {
    const fleet = memoryFleet();
    const { kinesis, time } = fleet;
    const many = Array.from({ length: 350 }, (_, at) => `${at}`);
    for (const data of many) kinesis.put(stream, { partitionKey: 'key', data });
    kinesis.split(stream, first);
    kinesis.put(stream, { partitionKey: 'key', data: 'child' });
    const tap = tapping(fleet, { shards: [], from: { kind: 'trim-horizon' } });
    for (let step = 0; step < 20; step += 1) await time.advance(1_000);
    expect(tap.seen).toEqual([...many, 'child']);
    tap.stop(new Error('enough'));
    await time.advance(1_000);
    expect(tap.ended()).toBeInstanceOf(Error);
  });

  test('and those that a reshard brings', async () => {
    const { fleet } = await splitStream();
    const tap = tapping(fleet, { shards: [], from: { kind: 'latest' } });
    await fleet.time.advance(3_000);
    const [left, right] = fleet.kinesis.openShards(stream);
    fleet.kinesis.merge(stream, left?.shardId ?? '', right?.shardId ?? '');
    fleet.put('merged');
    await fleet.until(() => tap.seen.length === 1);
    expect(tap.seen).toEqual(['merged']);
    tap.stop(new Error('enough'));
    await fleet.until(() => tap.ended() !== undefined);
  });
});

describe('one shard', () => {
  test('ends with the shard, and brings no other', async () => {
    const { fleet } = await splitStream();
    const tap = tapping(fleet, { shards: [first], from: { kind: 'trim-horizon' } });
    await fleet.until(() => tap.ended() !== undefined);
    expect([tap.ended(), tap.seen]).toEqual(['end', ['old', 'older']]);
  });

  test('from a record on, with that record', async () => {
    const { fleet, old } = await splitStream();
    const tap = tapping(fleet, { shards: [first], from: { kind: 'sequence', sequence: old } });
    await fleet.until(() => tap.ended() !== undefined);
    expect(tap.seen).toEqual(['old', 'older']);
  });

  test.each<readonly [TapChoice, string]>([
    [{ shards: ['shardId-9'], from: { kind: 'latest' } }, "no shard 'shardId-9'"],
    [{ shards: [], from: { kind: 'sequence', sequence: '1' } }, 'name it'],
  ])('that cannot be: %j', async (choice, text) => {
    const { fleet } = await splitStream();
    const tap = tapping(fleet, choice);
    await fleet.until(() => tap.ended() !== undefined);
    expect(tap.ended()).toMatchObject({ code: 'OPTIONS_INVALID', message: expect.stringContaining(text) });
  });
});

test('what taking throws ends the reading of all shards', async () => {
  const { fleet } = await splitStream();
  const machine = fleet.time.machine(50, { wallMs: startMs + fleet.time.nowMs() });
  const budget = createByteBudget(bufferBytes);
  const source = createPollingSource({
    service: fleet.kinesis.service,
    machine,
    budget,
    recordsPerCallMax: 100,
    pollIntervalMs: 1_000,
    limits: 'none',
    onEvent: () => undefined,
  });
  const broken = new Error('nobody reads any more');
  let ended: unknown;
  void tapOver({ service: fleet.kinesis.service, source, streams: [stream], machine })
    .read({ shards: [], from: { kind: 'trim-horizon' } }, () => Promise.reject(broken), never)
    .catch((error: unknown) => {
      ended = error;
    });
  await fleet.until(() => ended !== undefined);
  expect([ended, budget.used(), machine.armed()]).toEqual([broken, 0, 0]);
});
