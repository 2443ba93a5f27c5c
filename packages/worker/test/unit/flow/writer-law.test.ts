// Whatever happens in whatever order: every batch hears an end, and every change is counted exactly once.
import { memorySink, target } from '@shardfold/sinks/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPatience } from '../../../src/flow/patience.ts';
import { createWriter } from '../../../src/flow/writer.ts';
import type { FlowEvent } from '../../../src/observe/events.ts';
import { change, heldSink, type Statement, stillMachine, tally, total, turn } from './support.ts';

type Step =
  | { readonly kind: 'write'; readonly lease: number; readonly rows: readonly (readonly [id: string, time: number])[] }
  | { readonly kind: 'lose'; readonly lease: number }
  | { readonly kind: 'answer'; readonly refused: number }
  | { readonly kind: 'break' | 'wake' | 'letters-break' | 'letters-mend' | 'end' };

const leases = 3;
const lease = fc.integer({ min: 0, max: leases - 1 });
const rows = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 1, max: 9 })), { maxLength: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), lease, rows }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('answer' as const), refused: fc.integer({ min: 0, max: 15 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('break' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wake' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), lease }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('letters-break' as const, 'letters-mend' as const) }) },
);
const steps = fc.tuple(fc.array(step, { maxLength: 40 }), fc.boolean()).map(([all, ends]): readonly Step[] => (ends ? [...all, { kind: 'end' }] : all));

/** The bits of `refused` say which rows. */
function reportOf({ group }: Statement, refused: number) {
  return { rejected: group.flatMap((_, index) => ((refused >> index) & 1 ? [{ index, error: { code: 'X', message: 'refused' } }] : [])) };
}

function world() {
  const machine = stillMachine();
  const events: FlowEvent[] = [];
  const process = new AbortController();
  const onEvent = (event: FlowEvent) => events.push(event);
  const held = heldSink();
  const letters = { broken: false };
  const writer = createWriter({
    sinkName: 'main',
    sink: { ...memorySink({ clock: machine.clock }), ...held.sink },
    target: target('orders'),
    machine,
    patience: createPatience({ sink: 'main', machine, onEvent }),
    signal: process.signal,
    async deadLetter() {
      if (letters.broken) throw new Error('No letters.');
    },
    onEvent,
  });
  return { machine, events, process, letters, writer, statements: held.statements };
}

test('every batch hears an end and every change is counted once', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const { machine, events, process, letters, writer, statements } = world();
      const lost = Array.from({ length: leases }, () => new AbortController());
      /** How many changes of each batch ended with its failure. */
      const batches: Promise<number>[] = [];
      let given = 0;
      for (const each of all) {
        if (each.kind === 'write') {
          given += each.rows.length;
          const signal = lost[each.lease]?.signal ?? process.signal;
          const batch = writer.write(
            each.rows.map(([id, time]) => change(id, time)),
            signal,
          );
          batches.push(
            batch.then(
              () => 0,
              () => each.rows.length,
            ),
          );
        }
        if (each.kind === 'lose') lost[each.lease]?.abort(new Error('lost'));
        if (each.kind === 'letters-break' || each.kind === 'letters-mend') letters.broken = each.kind === 'letters-break';
        if (each.kind === 'end') process.abort(new Error('over'));
        const statement = each.kind === 'answer' || each.kind === 'break' ? statements.shift() : undefined;
        if (each.kind === 'answer') await statement?.answer(statement && reportOf(statement, each.refused));
        if (each.kind === 'break') await statement?.fail(new Error('away'));
        if (each.kind === 'wake') await machine.wake();
        await turn();
        const out = statements.map(({ group }) => group.flatMap((mutation) => (mutation.kind === 'append' ? [] : [String(mutation.key[0]?.[1])])));
        expect(out.length).toBeLessThanOrEqual(2);
        expect(new Set(out.flat()).size).toBe(out.flat().length);
      }
      while (statements.length > 0 || machine.sleeping() > 0) {
        await statements.shift()?.answer();
        await machine.wake();
      }
      const failed = (await Promise.all(batches)).reduce((sum, each) => sum + each, 0);
      const counts = tally(events, 'changes');
      expect(total(counts)).toBe(given);
      // Nothing of a batch that heard of success is abandoned: it is acknowledged now.
      expect(counts.abandoned ?? 0).toBeLessThanOrEqual(failed);
    }),
    { numRuns: 150 },
  );
});
