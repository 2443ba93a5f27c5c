// The plan of a failing batch, driven by outcomes alone: what is tried together, how often, and what is handed over.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { afterFailure, type Piece, wholeBatch } from '../../../src/processing/pieces.ts';
import type { FailurePolicy } from '../../../src/processing/policy.ts';
import type { StreamRecord } from '../../../src/types.ts';
import { records } from '../../support/records.ts';

const handler = { onFailure: async () => undefined };

interface Call {
  readonly to: Piece['to']['kind'];
  readonly records: readonly number[];
}

/** What a call does: fails or not, and which records it acknowledges all the same. */
type Outcome = { readonly fails: boolean; readonly done: readonly number[] };

interface Worked {
  readonly calls: readonly Call[];
  readonly handedOver: readonly number[];
  readonly processed: readonly number[];
  readonly longestLine: number;
}

const numberOf = (record: StreamRecord): number => Number(record.sequence);

/** Works a batch of `count` records off as the handler does. */
function workOff(policy: FailurePolicy, count: number, outcomeOf: (call: Call) => Outcome): Worked {
  const calls: Call[] = [];
  const handedOver: number[] = [];
  const processed: number[] = [];
  let longestLine = 0;
  const line = [wholeBatch(records(1, count))];
  for (let piece = line.shift(); piece !== undefined; piece = line.shift()) {
    const call = { to: piece.to.kind, records: piece.records.map(numberOf) };
    calls.push(call);
    const { fails, done } = outcomeOf(call);
    const finished = call.records.filter((each) => !fails || done.includes(each));
    (call.to === 'processor' ? processed : handedOver).push(...finished);
    if (!fails) continue;
    const open = piece.records.filter((record) => !finished.includes(numberOf(record)));
    line.unshift(...afterFailure(policy, piece, open, new Error('no')).pieces);
    longestLine = Math.max(longestLine, line.length);
  }
  return { calls, handedOver, processed, longestLine };
}

const bisect = (attempts: number): FailurePolicy => ({ policy: 'bisect', attempts, handler });
const sorted = (given: readonly number[]): readonly number[] => [...given].sort((a, b) => a - b);
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

/** How each record behaves. */
const batches = fc.record({
  attempts: fc.integer({ min: 1, max: 4 }),
  /** poison: fails every call that it is in; careless: is acknowledged even by a call that fails. */
  kinds: fc.array(fc.constantFrom('plain' as const, 'plain' as const, 'poison' as const, 'careless' as const), { minLength: 1, maxLength: 40, size: 'max' }),
});

function outcomes(kinds: readonly string[]) {
  const are = (kind: string) => (record: number) => kinds[record - 1] === kind;
  return ({ to, records: given }: Call): Outcome => ({ fails: to === 'processor' && given.some(are('poison')), done: given.filter(are('careless')) });
}

describe('bisect', () => {
  test('law: exactly the poison is handed over, everything else is processed, once, and the calls are bounded', () => {
    fc.assert(
      fc.property(batches, ({ attempts, kinds }) => {
        const count = kinds.length;
        const { calls, handedOver, processed, longestLine } = workOff(bisect(attempts), count, outcomes(kinds));
        const poison = upTo(count).filter((record) => kinds[record - 1] === 'poison');
        expect(handedOver).toEqual(poison);
        expect(sorted([...processed, ...handedOver])).toEqual(upTo(count));
        const tries = calls.filter(({ to }) => to === 'processor');
        expect(tries.length).toBeLessThanOrEqual(attempts * (count + 1) + count);
        expect(longestLine).toBeLessThanOrEqual(Math.ceil(Math.log2(count)) + 1);
        for (const record of poison) expect(tries.filter(({ records: given }) => given.length === 1 && given[0] === record)).toHaveLength(attempts);
      }),
      { numRuns: 300 },
    );
  });

  test('law: whatever fails and whatever is acknowledged meanwhile, every record is done once, and the calls are bounded', () => {
    const erratic = fc.record({
      attempts: fc.integer({ min: 1, max: 3 }),
      count: fc.integer({ min: 1, max: 20 }),
      draws: fc.infiniteStream(fc.record({ fails: fc.boolean(), done: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 4 }) })),
    });
    fc.assert(
      fc.property(erratic, ({ attempts, count, draws }) => {
        const worked = workOff(bisect(attempts), count, ({ to }) => {
          const draw = draws.next();
          return draw.done === true || to === 'on-failure' ? { fails: false, done: [] } : draw.value;
        });
        expect(sorted([...worked.processed, ...worked.handedOver])).toEqual(upTo(count));
        expect(worked.calls.filter(({ to }) => to === 'processor').length).toBeLessThanOrEqual(attempts * (count + 1) + count);
      }),
      { numRuns: 300 },
    );
  });

  test('the whole batch has its attempts first; then halves, in order; then the one record that fails has its own', () => {
    const { calls } = workOff(bisect(2), 5, ({ to, records: given }) => ({ fails: to === 'processor' && given.includes(4), done: [] }));
    expect(calls.map(({ to, records: given }) => `${to} ${given}`)).toEqual([
      'processor 1,2,3,4,5',
      'processor 1,2,3,4,5',
      'processor 1,2,3',
      'processor 4,5',
      'processor 4',
      'processor 4',
      'on-failure 4',
      'processor 5',
    ]);
  });

  test('what fails only in company is never handed over', () => {
    const { handedOver, processed } = workOff(bisect(1), 16, ({ records: given }) => ({ fails: given.length > 4, done: [] }));
    expect(handedOver).toEqual([]);
    expect(processed).toEqual(upTo(16));
  });
});

test('hand-over: after its attempts what is not acknowledged of the batch goes whole, and is never cut', () => {
  const policy: FailurePolicy = { policy: 'hand-over', attempts: 3, handler };
  const { calls, processed } = workOff(policy, 4, ({ to }) => ({ fails: to === 'processor', done: [2] }));
  expect(calls.map(({ to, records: given }) => `${to} ${given}`)).toEqual(['processor 1,2,3,4', 'processor 1,3,4', 'processor 1,3,4', 'on-failure 1,3,4']);
  expect(processed).toEqual([2]);
});

test.each<FailurePolicy>([{ policy: 'retry' }, bisect(1), { policy: 'hand-over', attempts: 1, handler }])(
  'what goes to the processor under %o, or has reached onFailure, and fails there, is tried again after a pause for ever',
  (policy) => {
    let [piece] = [wholeBatch(records(1, 1))];
    if (policy.policy !== 'retry') piece = afterFailure(policy, piece, piece.records, 'first').pieces[0] ?? piece;
    const { to } = piece;
    for (let failures = 1; failures <= 50; failures += 1) {
      const next = afterFailure(policy, piece, piece.records, 'later');
      expect(next).toEqual({ pieces: [{ records: piece.records, to, failures }], pause: true });
      piece = next.pieces[0] ?? piece;
    }
    expect(to).toMatchObject(policy.policy === 'retry' ? { kind: 'processor' } : { kind: 'on-failure', error: 'first', attempts: 1 });
  },
);

test('a piece that is acknowledged and fails all the same is done', () => {
  for (const policy of [{ policy: 'retry' } as const, bisect(2)]) {
    expect(afterFailure(policy, wholeBatch(records(1, 3)), [], new Error('no'))).toEqual({ pieces: [], pause: false });
  }
});
