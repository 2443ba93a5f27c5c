// Mutants of what happens to a batch: its attempts, its place, its bytes.
import type { RecordBatch } from '@shardfold/consumer';
import type { createByteBudget } from '../../../../packages/consumer/src/memory/byte-budget.ts';
import type { afterFailure, Piece } from '../../../../packages/consumer/src/processing/pieces.ts';
import type { BatchHandlerParts, handleBatch } from '../../../../packages/consumer/src/shard/batch-handler.ts';
import type { createInFlight } from '../../../../packages/consumer/src/shard/in-flight.ts';
import type { SimProcessor } from '../processor.ts';
import { type ConsumerMutant, moving } from './mutant.ts';

const failing = { reject: 0.3, workMs: 100 } as const;

type AfterFailure = typeof afterFailure;

export const processingMutants: readonly ConsumerMutant[] = [
  {
    name: 'a batch that fails is not acknowledged',
    changes: {
      processor: (processor) => ({ ...processor, process: async (batch, shard) => (async () => processor.process(batch, shard))().catch(() => undefined) }),
    },
    world: { processor: failing },
  },
  {
    name: 'a batch that fails is tried again',
    replacements: { afterFailure: (_real: AfterFailure) => () => ({ pieces: [], pause: false }) },
    world: { processor: failing, whole: true },
  },
  {
    name: 'all of what failed is tried again',
    replacements: {
      afterFailure:
        (real: AfterFailure) =>
        (...args: Parameters<AfterFailure>) => {
          const next = real(...args);
          return { ...next, pieces: next.pieces.map((piece: Piece) => ({ ...piece, records: piece.records.slice(0, -1) })) };
        },
    },
    world: { processor: failing, whole: true },
  },
  {
    name: 'records that nobody took over are not acknowledged',
    changes: { processor: (processor: SimProcessor) => ({ ...processor, onFailure: (failed) => processor.onFailure(failed).catch(() => undefined) }) },
    world: { processor: { reject: 0.3, poison: 0.05, refuse: 0.7 }, consumer: { failure: 'bisect', attempts: 2 } },
  },
  {
    name: 'no more batches at once than was said',
    replacements: { createInFlight: (real: typeof createInFlight) => (max: number) => real(max + 1) },
    world: { processor: { workMs: 1_500 }, puts: { everyMs: 300 }, consumer: { maxInFlight: 2 } },
  },
  {
    name: 'a batch that is done early keeps its place',
    replacements: {
      createInFlight: (real: typeof createInFlight) => (max: number) => {
        const inFlight = real(Number.POSITIVE_INFINITY);
        let running = 0;
        let wake = (): void => undefined;
        return {
          ...inFlight,
          async slot(signal: AbortSignal) {
            while (running >= max && !signal.aborted) {
              await new Promise<void>((resolve) => {
                wake = resolve;
                signal.addEventListener('abort', () => resolve(), { once: true });
              });
            }
            return !signal.aborted;
          },
          run(work: Promise<void>) {
            running += 1;
            inFlight.run(
              work.finally(() => {
                running -= 1;
                wake();
              }),
            );
          },
        };
      },
    },
    world: { processor: { workMs: 1_000, reject: 0.4 }, puts: { everyMs: 300 }, consumer: { maxInFlight: 3 } },
  },
  {
    name: 'a batch is let go when it is done',
    replacements: {
      handleBatch: (real: typeof handleBatch) => (parts: BatchHandlerParts, batch: RecordBatch) => real(parts, { ...batch, release: () => undefined }),
    },
    world: { accidents: moving, consumer: { bufferBytes: 30_000 }, whole: true },
  },
  {
    name: 'a batch is not let go before it is done',
    replacements: {
      handleBatch: (real: typeof handleBatch) => (parts: BatchHandlerParts, batch: RecordBatch) => {
        batch.release();
        return real(parts, batch);
      },
    },
    world: {},
  },
  {
    name: 'readers stop at the byte budget',
    replacements: { createByteBudget: (real: typeof createByteBudget) => () => real(Number.MAX_SAFE_INTEGER) },
    world: {
      processor: { workMs: 2_000 },
      puts: { everyMs: 200, maxBurst: 20, bytes: [20, 3_000] },
      consumer: { maxInFlight: 4, bufferBytes: 3_000 },
    },
  },
];
