// Mutants of what is stored: the watermark, the time that goes with it, where a drain and a start leave it.

import type { StreamRecord } from '@shardfold/consumer';
import type { Position } from '@shardfold/lease';
import type { createCheckpointer } from '../../../../packages/consumer/src/shard/checkpointer.ts';
import type { findChildren } from '../../../../packages/consumer/src/shard/children.ts';
import type { contextOf } from '../../../../packages/consumer/src/shard/context.ts';
import type { createInFlight } from '../../../../packages/consumer/src/shard/in-flight.ts';
import type { planOpening } from '../../../../packages/consumer/src/shard/opening.ts';
import type { createWatermark, Watermark } from '../../../../packages/consumer/src/watermark/watermark.ts';
import { type ConsumerMutant, crashing, moving, resharding } from './mutant.ts';

const busy = { maxInFlight: 3 } as const;
const slow = { workMs: 800, single: 0.5, reject: 0.2 } as const;
const fromLatest = { start: 'latest', historyMs: 3_000 } as const;

function positionOf(record: StreamRecord | undefined): Position | undefined {
  return record === undefined ? undefined : { kind: 'sequence', sequence: record.sequence, subSequence: record.subSequence };
}

/** Answers also with the last record that was handed out. */
function watched(watermark: Watermark): { readonly watermark: Watermark; handedOut(): Position | undefined } {
  let last: StreamRecord | undefined;
  const { track } = watermark;
  Object.assign(watermark, {
    track(records: readonly StreamRecord[]) {
      last = records.at(-1) ?? last;
      return track(records);
    },
  });
  return { watermark, handedOut: () => positionOf(last) };
}

export const positionMutants: readonly ConsumerMutant[] = [
  {
    name: 'the watermark stands on the lowest record that is not done',
    replacements: {
      createWatermark: (real: typeof createWatermark) => () => {
        const { watermark, handedOut } = watched(real());
        return Object.assign(watermark, { position: handedOut });
      },
    },
    world: { processor: slow, consumer: busy },
  },
  {
    name: 'the tip counts only when what lies before it is done',
    replacements: {
      createWatermark: (real: typeof createWatermark) => () => {
        const watermark = real();
        let tipMs = 0;
        return {
          ...watermark,
          tipSeen(wallMs: number) {
            tipMs = Math.max(tipMs, wallMs);
          },
          readMs: () => Math.max(tipMs, watermark.readMs() ?? 0),
        };
      },
    },
    world: { processor: slow },
  },
  {
    name: 'a drain leaves the position at what is done',
    replacements: {
      createCheckpointer: (real: typeof createCheckpointer) => (parts: Parameters<typeof createCheckpointer>[0]) => {
        const { watermark, handedOut } = watched(parts.watermark);
        const checkpointer = real(parts);
        return {
          ...checkpointer,
          async stop() {
            await checkpointer.stop();
            Object.assign(watermark, { position: handedOut });
          },
        };
      },
    },
    world: { accidents: moving, processor: { workMs: 800, reject: 0.6 } },
  },
  {
    name: 'a checkpoint at a record covers no other',
    replacements: {
      contextOf:
        (real: typeof contextOf) => (parts: Parameters<typeof contextOf>[0], tracked: Parameters<typeof contextOf>[1], records: readonly StreamRecord[]) => {
          const context = real(parts, tracked, records);
          const { checkpoint } = context;
          return Object.assign(context, {
            checkpoint: (record?: StreamRecord) => checkpoint(record && (records[records.indexOf(record) + 1] ?? record)),
          });
        },
    },
    world: { processor: { checkpoint: 0.8, reject: 0.3, workMs: 200 } },
  },
  {
    name: 'a shard ends when all of it is done',
    replacements: {
      createWatermark: (real: typeof createWatermark) => () => ({ ...real(), openRecords: () => 0 }),
      createInFlight: (real: typeof createInFlight) => (max: number) => ({ ...real(max), idle: async () => undefined }),
    },
    world: { accidents: resharding, processor: slow },
  },
  {
    name: 'a processor is waited for before its shard is left',
    replacements: { createInFlight: (real: typeof createInFlight) => (max: number) => ({ ...real(max), idle: async () => undefined }) },
    world: { accidents: moving, processor: slow },
  },
  {
    name: 'a shard ends when its children have rows',
    replacements: { findChildren: (_real: typeof findChildren) => async () => [] },
    world: { accidents: resharding, settings: { kinesis: { namesChildren: false, endsEmpty: false, limits: 'none' } } },
  },
  {
    name: 'an heir of the latest begins where it was',
    replacements: {
      planOpening: (real: typeof planOpening) => (input: Parameters<typeof planOpening>[0]) => {
        const opening = real(input);
        return input.lease.position.kind === 'latest' ? { ...opening, from: { kind: 'latest' } } : opening;
      },
    },
    world: { accidents: crashing, settings: fromLatest, puts: { everyMs: 6_000 } },
  },
  {
    name: 'the moment of the latest is written down',
    replacements: {
      planOpening: (real: typeof planOpening) => (input: Parameters<typeof planOpening>[0]) => ({ ...real(input), isFirst: false }),
    },
    world: { accidents: { ...crashing, blind: 4_000 }, settings: fromLatest, puts: { everyMs: 6_000 } },
  },
];
