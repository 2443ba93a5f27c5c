// At most so many batches of a shard above its watermark.
import { expect, test } from 'vitest';
import { createInFlight } from '../../src/shard/in-flight.ts';
import { turn } from '../support/time.ts';

const never = new AbortController().signal;

test('a place is free when one of the running ends, and idle waits for all', async () => {
  const inFlight = createInFlight(2);
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const said: string[] = [];
  expect(await inFlight.slot(never)).toBe(true);
  inFlight.run(first.promise);
  expect(await inFlight.slot(never)).toBe(true);
  inFlight.run(second.promise);
  const third = inFlight.slot(never).then((free) => said.push(`slot ${free}`));
  const idle = inFlight.idle().then(() => said.push('idle'));
  await turn();
  expect(said).toEqual([]);
  first.resolve();
  await third;
  expect(said).toEqual(['slot true']);
  second.resolve();
  await idle;
});

test('work that is done before what was begun earlier keeps its place', async () => {
  const inFlight = createInFlight(2);
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  inFlight.run(first.promise);
  inFlight.run(second.promise);
  second.resolve();
  await turn();
  let free = false;
  const slot = inFlight.slot(never).then(() => {
    free = true;
  });
  await turn();
  expect(free).toBe(false);
  first.resolve();
  await slot;
  inFlight.run(Promise.resolve());
  expect(await inFlight.slot(never), 'both places were given back').toBe(true);
  await inFlight.idle();
});

test('the signal ends the wait, and takes the free place too', async () => {
  const inFlight = createInFlight(1);
  const work = Promise.withResolvers<void>();
  const stop = new AbortController();
  inFlight.run(work.promise);
  const waiting = inFlight.slot(stop.signal);
  stop.abort();
  expect(await waiting).toBe(false);
  work.resolve();
  await inFlight.idle();
  expect(await inFlight.slot(stop.signal)).toBe(false);
});
