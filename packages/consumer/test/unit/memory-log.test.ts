// What a shard in memory keeps, against a plain list.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareSequences, createShardLog, type Stored } from '../../src/testing/memory-kinesis/log.ts';

type Step = { readonly kind: 'append'; readonly afterMs: number } | { readonly kind: 'trim'; readonly beforeMs: number };

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), afterMs: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('trim' as const), beforeMs: fc.nat(60) }) },
  ),
  { maxLength: 60, size: 'max' },
);

/** As many records at each step that some of what is trimmed is cut off. */
const burst = 100;

function played(script: readonly Step[]) {
  const log = createShardLog();
  const all: Stored[] = [];
  let forgotten = 0;
  let nowMs = 0;
  for (const step of script) {
    if (step.kind === 'trim') {
      log.trimBefore(step.beforeMs);
      while ((all[forgotten]?.arrivalMs ?? step.beforeMs) < step.beforeMs) forgotten += 1;
      continue;
    }
    nowMs += step.afterMs;
    for (let index = 0; index < burst; index += 1) {
      const record = { sequence: String((all.length + 1) * 10), arrivalMs: nowMs, partitionKey: 'key', data: new Uint8Array() };
      all.push(record);
      log.append(record);
    }
  }
  return { log, all, forgotten };
}

test('places, sequence numbers and times find what a plain list does', () => {
  fc.assert(
    fc.property(steps, fc.nat(7_000), fc.nat(500), fc.nat(70), (script, place, count, atMs) => {
      const { log, all, forgotten } = played(script);
      expect([log.first(), log.end()]).toEqual([forgotten, all.length]);
      expect(log.at(place)).toBe(place < forgotten ? undefined : all[place]);
      expect(log.slice(place, place + count)).toEqual(all.slice(Math.max(place, forgotten), Math.max(place + count, forgotten)));
      const asked = String(place * 5);
      const from = all.findIndex(({ sequence }, index) => index >= forgotten && BigInt(sequence) >= BigInt(asked));
      expect(log.placeOf(asked)).toBe(from === -1 ? all.length : from);
      const since = all.findIndex(({ arrivalMs }, index) => index >= forgotten && arrivalMs >= atMs);
      expect(log.placeSince(atMs)).toBe(since === -1 ? all.length : since);
    }),
  );
});

test('sequence numbers compare as numbers do', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 60n }), fc.bigInt({ min: 0n, max: 10n ** 60n }), (a, b) => {
      expect(Math.sign(compareSequences(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
});
