// When a subscription is asked for again.
import { describe, expect, test } from 'vitest';
import { ConsumerError } from '../../../src/errors.ts';
import { type Ended, renewal } from '../../../src/fan-out/renewal.ts';
import { sortKinesisError } from '../../../src/kinesis/errors.ts';

const pace = { callIntervalMs: 1_000, takeOverMs: 5_000 };
const error = new ConsumerError('STREAM_UNREACHABLE', 'gone', { retryable: true });
const failed = { kind: 'failed', error } as const;
const inUse = { kind: 'failed', error: sortKinesisError(Object.assign(new Error('taken'), { name: 'ResourceInUseException' }), 'orders') } as const;
const over = { kind: 'over' } as const;
const held = { kind: 'held', neededBytes: 0 } as const;
/** Without jitter: 100 ms after the first failure, then doubled. */
const first = 100;

const ended = (ending: Ended['ending'], more: Partial<Ended> = {}): Ended => ({ ending, events: 3, askedForMs: 300_010, openForMs: 300_000, ...more });

describe('a subscription is asked for again', () => {
  test.each<[string, Ended, number, boolean]>([
    ['at once after the usual end', ended(over), 0, false],
    ['at once when it was dropped for us', ended(held, { events: 0 }), 0, false],
    ['when the service allows it, if it was dropped early', ended(held, { openForMs: 2_000, askedForMs: 2_100 }), 3_000, false],
    ['soon after a failure late in its life', ended(failed), first, true],
    ['when the service allows it, after a failure early in its life', ended(failed, { openForMs: 1_500, askedForMs: 1_600 }), 3_500 + first, true],
    ['a second after a call that failed', ended(failed, { events: 0, openForMs: undefined, askedForMs: 20 }), 980 + first, true],
    ['soon after a call that failed late', ended(failed, { events: 0, openForMs: undefined, askedForMs: 30_000 }), first, true],
    ['as after a failure, when it was over at once', ended(over, { openForMs: 10, askedForMs: 20 }), 4_990 + first, true],
    ['as after a failure, when no event ever came', ended(over, { events: 0 }), first, true],
    ['five seconds after another worker took it', ended(inUse), 5_000 + first, true],
    ['a second after it was refused because of another one', ended(inUse, { events: 0, openForMs: undefined, askedForMs: 5 }), 995 + first, true],
  ])('%s', (_, outcome, waitMs, told) => {
    expect(renewal(outcome, 0, pace, 0)).toEqual({ waitMs, failures: told ? 1 : 0, failed: told });
  });

  test('with pauses that grow while no event comes, and start anew after one', () => {
    const refused = ended(failed, { events: 0, openForMs: undefined, askedForMs: 60_000 });
    const waits = [0, 1, 2, 3].map((failures) => renewal(refused, failures, pace, 0).waitMs);
    expect(waits).toEqual([100, 200, 400, 800]);
    expect(renewal(ended(failed), 7, pace, 0)).toMatchObject({ waitMs: first, failures: 1 });
    expect(renewal(ended(held, { events: 0 }), 7, pace, 0).failures).toBe(7);
  });

  test('with jitter', () => {
    expect(renewal(ended(failed), 0, pace, 0.5).waitMs).toBeGreaterThan(renewal(ended(failed), 0, pace, 0).waitMs);
  });
});
