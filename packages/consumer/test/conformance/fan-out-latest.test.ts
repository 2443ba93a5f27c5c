// A reading by fan-out from the latest: asked for as that only at once; whatever comes in between, it begins at its moment.
import { describe, expect, test } from 'vitest';
import { one, type ReadingOptions, readingOn, texts, transports } from '../support/fan-out-reading.ts';
import type { ServedSubscription, Transport } from '../support/fan-out-server.ts';

const sinceMs = 10_000_000;
const latest = { Type: 'LATEST' };
/** In seconds, a little before. */
const moment = { Type: 'AT_TIMESTAMP', Timestamp: sinceMs / 1_000 - 5 };

async function readingAtLatest(transport: Transport, options: ReadingOptions = {}) {
  const made = await readingOn(transport, { from: { kind: 'latest', sinceMs }, ...options });
  made.machine.jumpWall(sinceMs);
  return {
    ...made,
    /** Lets the pause after a failure pass, and answers with the subscription that comes then. */
    async again() {
      const failed = await made.event();
      expect(failed).toMatchObject({ kind: 'fetch-failed', error: { retryable: true } });
      await made.time.advance(failed?.kind === 'fetch-failed' ? failed.retryInMs : 0);
      return made.server.subscription();
    },
  };
}

describe.each(transports)('a reading from the latest over %s', (transport) => {
  test('asks for it at once, and goes on after what came', async () => {
    const { server, batches } = await readingAtLatest(transport);
    const pending = batches.next();
    const subscription = await server.subscription();
    expect(subscription.input.StartingPosition).toEqual(latest);
    subscription.accept().send(one);
    expect(texts(await pending)).toEqual(['one']);
  });

  test.each<[string, (subscription: ServedSubscription) => unknown]>([
    ['is refused', (subscription) => subscription.refuse('LimitExceededException')],
    ['breaks before its first event', (subscription) => subscription.accept().exception('InternalFailureException')],
  ])('begins at its moment after a subscription that %s, as often as it needs', async (_, break_) => {
    const { server, batches, again } = await readingAtLatest(transport);
    batches.next().catch(() => undefined);
    break_(await server.subscription());
    for (let failure = 0; failure < 2; failure += 1) {
      const subscription = await again();
      expect(subscription.input.StartingPosition).toEqual(moment);
      break_(subscription);
    }
  });

  test('begins at its moment where the consumer took long to be ready', async () => {
    const waits = Promise.withResolvers<void>();
    const { server, time, batches } = await readingAtLatest(transport, {
      async beforeArn({ timers }) {
        const slept = timers.sleep(10_000);
        waits.resolve();
        await slept;
      },
    });
    batches.next().catch(() => undefined);
    await waits.promise;
    await time.advance(10_000);
    expect((await server.subscription()).input.StartingPosition).toEqual(moment);
  });

  test('drops a subscription that was agreed to late, and begins at its moment', async () => {
    const { server, time, batches, budget, again } = await readingAtLatest(transport);
    const pending = batches.next();
    const late = await server.subscription();
    expect(late.input.StartingPosition).toEqual(latest);
    await time.advance(1_001);
    late.accept().send(one);
    const subscription = await again();
    await late.closed;
    expect([subscription.input.StartingPosition, budget.used()]).toEqual([moment, 0]);
    subscription.accept().send(one);
    expect(texts(await pending)).toEqual(['one']);
  });
});
