// Workers whose clock is fast, by more than clocks should differ: what they note as a moment lies in the future of the service, which
// refuses it. Over the Kinesis in memory, in virtual time.
import { describe, expect, test } from 'vitest';
import type { StartPosition } from '../../src/types.ts';
import { memoryFleet, minuteMs, startMs } from '../support/memory-fleet.ts';

const latest = { start: { kind: 'latest' } } as const;

/** A stream with a record from before anybody reads. */
async function withHistory() {
  const made = memoryFleet();
  made.put('old');
  await made.time.advance(5 * minuteMs);
  return made;
}

test('the heir of a start at the latest is given what came meanwhile', async () => {
  const { put, readAll, start, until } = await withHistory();
  const fast = { ...latest, aheadMs: minuteMs };
  expect(await readAll(fast)).toEqual([]);
  put('meanwhile');
  const heir = start(fast);
  await until(() => heir.seen.length > 0);
  expect(heir.seen).toEqual(['meanwhile']);
  const refused = heir.of('fetch-failed');
  expect(refused.length).toBeGreaterThan(0);
  for (const { error } of refused) expect(error).toMatchObject({ code: 'POSITION_INVALID' });
});

test('so is a start at the latest that does not come about at once', async () => {
  const { put, start, until, time } = await withHistory();
  let isRefused = true;
  const running = start({
    ...latest,
    aheadMs: minuteMs,
    hook: ({ operation }) => (isRefused && operation === 'iterator' ? { kind: 'throttle' } : undefined),
  });
  await until(() => running.of('fetch-failed').length > 0);
  put('meanwhile');
  await time.advance(1_000);
  isRefused = false;
  await until(() => running.seen.length > 0);
  expect(running.seen).toEqual(['meanwhile']);
});

test('a clock that is fast by more than a day ends the run as the service says it', async () => {
  const { readAll, start, until } = await withHistory();
  const fast = { ...latest, aheadMs: 2 * 24 * 60 * minuteMs };
  await readAll(fast);
  const heir = start(fast);
  await until(() => heir.of('shard-stopped').length > 0);
  await expect(heir.run).rejects.toMatchObject({ code: 'POSITION_INVALID' });
});

describe('a time that the configuration names', () => {
  const at = (atMs: number): StartPosition => ({ kind: 'timestamp', atMs });

  test('is not put back: the run ends as the service says it', async () => {
    const { start, until } = memoryFleet();
    const running = start({ start: at(startMs + 10 * minuteMs), aheadMs: 20 * minuteMs });
    await until(() => running.of('shard-stopped').length > 0);
    await expect(running.run).rejects.toMatchObject({ code: 'POSITION_INVALID' });
  });

  test('in the future is refused before anything is read', () => {
    const { start } = memoryFleet();
    const refused = expect.objectContaining({
      name: 'ConsumerError',
      code: 'OPTIONS_INVALID',
      message: expect.stringMatching(/in the future.*Nothing was read/),
    });
    expect(() => start({ start: at(startMs + 5_001) })).toThrow(refused);
  });
});
