// The known failure modes of the Java KCL (kcl.md, part 10.3), one by one: what becomes of each here, and which test shows it.
// Those of processing are shown here; for the others this file only makes sure that the test is still there, and is run.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failurePolicy } from '../../src/processing/policy.ts';
import type { FailureOptions, ShardContext, StreamRecord } from '../../src/types.ts';
import type { LeaseWrite } from '../support/held-lease.ts';
import { readingOf } from '../support/reading.ts';
import { isShown } from '../support/shown-tests.ts';

const repository = new URL('../../../../', import.meta.url);

test.each<[mode: string, file: string, title: string]>([
  [
    'lost aggregates',
    'packages/consumer/test/unit/aggregation/deaggregate.test.ts',
    'K3: a record of another shard comes with a mark, and nothing else is lost',
  ],
  ['an unhealable hole, healing that rewinds or skips', 'packages/lease/test/unit/fleet/shard-graph-laws.test.ts', 'any history comes to a good end'],
  ['the same, vector by vector', 'packages/lease/test/unit/fleet/shard-graph-vectors.test.ts', 'other than Java, on purpose'],
  ['a repeated checkpoint taken for a lost lease', 'packages/lease/test/unit/fleet/held-lease.test.ts', 'survive a landed attempt whose answer was lost'],
  ['the same, as a vector', 'packages/lease/src/testing/conformance/vectors.ts', 'W5: two counters on, both ours'],
  [
    'the same, at the checkpointer',
    'packages/consumer/test/unit/checkpointer.test.ts',
    'a failed save is said, told to who asked, and tried again after the interval',
  ],
  [
    'slow take-over after a clean stop',
    'packages/lease/test/unit/fleet/coordinator-stop.test.ts',
    'hands every lease to another worker within two seconds of its release',
  ],
  [
    'slow take-over after the leader is lost: nobody leads',
    'packages/lease/test/unit/fleet/coordinator.test.ts',
    'within the promised time, and not before they expire',
  ],
  ['a new fleet waits for an index: there is none', 'packages/lease/test/conformance/opening.test.ts', 'is asked for with nothing that nobody named'],
  ['stale rows after the stream was made anew', 'packages/lease/test/unit/fleet/belongs.test.ts', 'rows of the stream of that name that was deleted'],
  [
    'fan-out read time-outs under back-pressure',
    'packages/consumer/test/conformance/fan-out-holds.test.ts',
    'drops the subscription while nobody asks for more',
  ],
  ['leftovers of a hand-over', 'packages/lease/test/conformance/crash-points.test.ts', 'after the transfer: a stranger, who waits and takes as anyone does'],
  ['a maximum that leaves shards idle', 'packages/lease/test/unit/fleet/plan-fleets.test.ts', 'the others share the rest'],
  [
    'processing goes on after expiry: at the lease',
    'packages/lease/test/unit/fleet/held-lease.test.ts',
    'holds for a process that slept through it, before any timer of its own',
  ],
  [
    'the same, at the reader',
    'packages/consumer/test/unit/shard-end.test.ts',
    'stops at once: nothing is written, no further batch is handed on, the bytes are given back',
  ],
])('%s: %s', (_, file, title) => {
  expect(isShown(readFileSync(new URL(file, repository), 'utf8'), title)).toBe(true);
});

describe('a test counts as shown', () => {
  const around = (head: string, inner: string) => `${head}\n  ${inner}\n});\n`;
  test.each<[boolean, string, string]>([
    [true, 'where it runs', "test('K3: a mark', () => {"],
    [true, 'with a part of its title', "it('K3: a mark, and more', async () => {"],
    [true, 'as a group', "describe('K3: a mark', () => {"],
    [true, 'as one of many', "test.each(cases)('K3: a mark of %s', (shard) => {"],
    [true, 'inside a group', around("describe('records', () => {", "test('K3: a mark', () => {")],
    [true, 'as a case', around('it.each([', "['K3: a mark', 1],")],
    [true, 'as a case by name', "const cases = [\n  { name: 'K3: a mark' },\n];\ntest.each(cases)('$name', () => {"],
    [false, 'not when it is missing', "test('K4', () => {"],
    [false, 'not when it is skipped', "test.skip('K3: a mark', () => {"],
    [false, 'not when it is to do', "test.todo('K3: a mark');"],
    [false, 'not when it has to fail', "it.fails('K3: a mark', () => {"],
    [false, 'not when it is skipped somewhere', "it.skipIf(isSlow)('K3: a mark', () => {"],
    [false, 'not when it is skipped by an option', "test('K3: a mark', { skip: true }, () => {"],
    [false, 'not when it is skipped by its name', "xit('K3: a mark', () => {"],
    [false, 'not inside a skipped group', around("describe.skip('records', () => {", "test('K3: a mark', () => {")],
    [false, 'not as a case of a skipped table', around('it.skip.each([', "['K3: a mark', 1],")],
    [false, 'not as a case by name that is skipped', "const cases = [\n  { name: 'K3: a mark' },\n];\ntest.skip.each(cases)('$name', () => {"],
    [false, 'not as a case by name that nobody runs', "const cases = [\n  { name: 'K3: a mark' },\n];\n"],
    [false, 'not as a comment', "// test('K3: a mark', () => {"],
    [false, 'not as any text', "const title = 'K3: a mark';"],
  ])('%s: %s', (shown, _, file) => {
    expect(isShown(file, 'K3: a mark')).toBe(shown);
  });
});

interface Script {
  readonly policy: FailureOptions['policy'];
  readonly attempts: number;
  readonly maxInFlight: number;
  readonly records: number;
  /** Of each call, of the processor or of `onFailure`: does it fail, and which of its records does it acknowledge first? After these, all succeed. */
  readonly calls: readonly { readonly fails: boolean; readonly marks: number }[];
}

const scripts: fc.Arbitrary<Script> = fc.record({
  policy: fc.constantFrom('retry', 'bisect', 'hand-over'),
  attempts: fc.integer({ min: 1, max: 3 }),
  maxInFlight: fc.integer({ min: 1, max: 3 }),
  records: fc.integer({ min: 1, max: 9 }),
  calls: fc.array(fc.record({ fails: fc.boolean(), marks: fc.nat(3) }), { maxLength: 20, size: 'max' }),
});

/** Plays a script, and notes what breaks the promise. */
function play({ policy, attempts, maxInFlight, records, calls }: Script) {
  const done = new Set<number>();
  const faults: string[] = [];
  let call = 0;
  async function take(given: readonly StreamRecord[], shard: ShardContext): Promise<void> {
    const outcome = calls[call];
    call += 1;
    for (const [index, record] of given.entries()) {
      if (done.has(Number(record.sequence))) faults.push(`${record.sequence} was given after it was acknowledged`);
      if (outcome !== undefined && index % 2 === 0 && outcome.marks > index) {
        shard.acknowledge(record);
        done.add(Number(record.sequence));
      }
    }
    await Promise.resolve();
    if (outcome?.fails === true) throw new Error('no');
    for (const record of given) done.add(Number(record.sequence));
  }
  const failure: FailureOptions = policy === 'retry' ? { policy } : { policy, attempts, onFailure: (failed) => take(failed.records, failed.shard) };
  const reading = readingOf(
    { process: (batch, shard) => take(batch.records, shard) },
    { failure: failurePolicy(failure), maxInFlight, checkpoint: { intervalMs: 50, records: 1 } },
  );
  reading.lease.before = (write: LeaseWrite) => {
    const upTo = write.kind !== 'finish' && write.kind !== 'prepare' && write.at.kind === 'sequence' ? Number(write.at.sequence) : 0;
    for (let sequence = 1; sequence <= upTo; sequence += 1) if (!done.has(sequence)) faults.push(`${upTo} was saved before ${sequence} was done`);
  };
  reading.put(...Array.from({ length: records }, (_, index) => String(index)));
  return { ...reading, done, faults };
}

describe('records skipped after an exception', () => {
  test('law: whatever fails, under every policy, nothing is saved before it is done, and all is done in the end', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, async (script) => {
        const { time, lease, start, done, faults, budget } = play(script);
        const reader = start();
        await time.advance(24 * 3_600_000);
        expect([faults, done.size, reader.openRecords(), budget.used()]).toEqual([[], script.records, 0, 0]);
        lease.drain();
        await reader.done;
        expect(lease.writes.at(-1)).toEqual({ kind: 'release', at: { kind: 'sequence', sequence: String(script.records), subSequence: 0 } });
      }),
      { numRuns: 60 },
    );
  });

  test('law: a drain at any moment gives back no more than is done', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, fc.nat(3_000), async (script, afterMs) => {
        const { time, lease, start, faults, budget } = play(script);
        const reader = start();
        await time.advance(afterMs);
        lease.drain();
        await time.advance(0);
        await reader.done;
        expect([faults, budget.used(), lease.writes.at(-1)?.kind]).toEqual([[], 0, 'release']);
      }),
      { numRuns: 60 },
    );
  });
});
