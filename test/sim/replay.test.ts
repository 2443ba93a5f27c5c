// The same seed gives the same trace, event for event, or no seed would be worth printing.
import { expect, test } from 'vitest';
import { runWorld } from './run.ts';
import { drawSettings } from './settings.ts';

const progress = { progress: true };

test.each([3, 5, 8, 42])('seed %i runs twice in the same way', async (seed) => {
  const settings = drawSettings(seed);
  const [first, second] = [await runWorld(settings, progress), await runWorld(settings, progress)];
  expect({ hash: second.hash, events: second.events, lines: second.trace.lines() }).toEqual({
    hash: first.hash,
    events: first.events,
    lines: first.trace.lines(),
  });
});

test('another seed runs in another way', async () => {
  const settings = drawSettings(3);
  const [first, second] = [await runWorld(settings, progress), await runWorld({ ...settings, seed: 4 }, progress)];
  expect(second.hash).not.toBe(first.hash);
});

test('seeds draw quiet worlds and wild ones', () => {
  const drawn = Array.from({ length: 100 }, (_, seed) => drawSettings(seed));
  const wild = drawn.filter(({ accidents }) => Object.values(accidents).some(Number.isFinite));
  expect(wild.length).toBeGreaterThan(50);
  expect(wild.length).toBeLessThan(100);
});
