// What people write: processors that are slow, fail for a while, acknowledge one by one, save in between, hang, or do not hear that
// their lease is gone. They keep the contract; whether the consumer does is for the invariants to say.
import { ConsumerError, type FailedRecords, LeaseError, type Processor, type RecordBatch, type ShardContext, type StreamRecord } from '@shardfold/consumer';
import type { Machine } from '@shardfold/lease';
import type { Chance } from '../chance.ts';
import type { Given } from './delivery-watch.ts';
import type { ProcessorHabits } from './settings.ts';

export interface ProcessorOptions {
  readonly habits: ProcessorHabits;
  /** Records that fail are handed over in the end, and may fail for ever. */
  readonly handsOver: boolean;
  readonly machine: Machine;
  readonly chance: Chance;
  /** What it writes to does not answer. */
  readonly outage: () => boolean;
  readonly healed: () => boolean;
  readonly onGiven: (batch: RecordBatch, shard: ShardContext) => Given;
  readonly onHandedOver: (failed: FailedRecords) => void;
  /** Something that may not happen to a processor. */
  readonly onFault: (text: string) => void;
}

/** How often somebody who hangs looks whether the world is healed. */
const lookMs = 500;
/** Poison is told from the record alone, so that all workers agree. */
const poisonSteps = 1_000;
/** Where nobody takes records over, poison must end. */
const poisonBites = 0.7;

function isPoison({ sequence, subSequence }: StreamRecord, share: number): boolean {
  return share > 0 && (Number(sequence.slice(20, 33)) * 7919 + subSequence * 104729) % poisonSteps < share * poisonSteps;
}

export interface SimProcessor extends Processor {
  onFailure(failed: FailedRecords): Promise<void>;
}

export function createProcessor(options: ProcessorOptions): SimProcessor {
  const { machine, chance, habits, handsOver, outage, healed, onGiven, onHandedOver, onFault } = options;
  const happens = (probability: number): boolean => !healed() && chance.hits(probability);

  async function work(meanMs: number, signal: AbortSignal | undefined): Promise<void> {
    await machine.timers.sleep(meanMs * chance.between(0.2, 1.8), signal);
  }

  function shuffled(records: readonly StreamRecord[]): readonly StreamRecord[] {
    return records
      .map((record) => ({ record, at: chance.number() }))
      .sort((a, b) => a.at - b.at)
      .map(({ record }) => record);
  }

  async function acknowledgeSome(batch: RecordBatch, shard: ShardContext, given: Given, signal: AbortSignal | undefined): Promise<void> {
    const some = shuffled(batch.records).slice(0, chance.whole(1, batch.records.length));
    for (const record of some) {
      if (chance.hits(0.2)) await work(habits.workMs / 5, signal);
      given.done([record]);
      shard.acknowledge(record);
    }
  }

  /** A failure to save is nothing to a processor that goes on; a wrong one is. */
  function tolerate(error: unknown): void {
    const expected =
      error instanceof LeaseError ? error.code === 'LEASE_LOST' || error.retryable : error instanceof ConsumerError && error.code === 'POSITION_INVALID';
    if (!expected) onFault(`A checkpoint failed: ${String(error)}`);
  }

  async function checkpointSome(batch: RecordBatch, shard: ShardContext, given: Given): Promise<void> {
    const count = chance.hits(0.8) ? chance.whole(1, batch.records.length) : 0;
    given.done(batch.records.slice(0, count));
    const saved = shard.checkpoint(batch.records[count - 1]).catch(tolerate);
    if (chance.hits(0.5)) await saved;
  }

  /** Until the lease is lost, or there is nothing to hang for any more. */
  async function hang({ lost }: ShardContext): Promise<void> {
    while (!healed()) await machine.timers.sleep(lookMs, lost);
  }

  /** Payloads stay until the batch is done. */
  function stillThere(records: readonly StreamRecord[]): void {
    try {
      for (const record of records) record.text();
    } catch (error) {
      onFault(`A payload is gone while its batch is processed: ${String(error)}`);
    }
  }

  async function run(batch: RecordBatch, shard: ShardContext, given: Given): Promise<void> {
    const signal = happens(habits.deaf) ? undefined : shard.lost;
    const { records } = batch;
    await work(healed() ? 0 : habits.workMs, signal);
    if (happens(habits.single)) await acknowledgeSome(batch, shard, given, signal);
    if (happens(habits.checkpoint)) await checkpointSome(batch, shard, given);
    if (happens(habits.hang)) await hang(shard);
    const poisoned = handsOver || happens(poisonBites) ? habits.poison : 0;
    if (records.some((record) => isPoison(record, poisoned))) throw new Error('a record cannot be processed');
    if (outage() || happens(habits.reject)) throw new Error('the target does not answer');
    if (!shard.lost.aborted) stillThere(records);
    given.done(records);
  }

  return {
    process(batch, shard) {
      const given = onGiven(batch, shard);
      if (happens(habits.throwAtOnce)) {
        given.over('rejected');
        throw new Error('thrown at once');
      }
      return run(batch, shard, given).then(
        () => given.over('resolved'),
        (error: unknown) => {
          given.over('rejected');
          // Whoever hears that its lease is gone may as well end in peace.
          if (!shard.lost.aborted || chance.hits(0.5)) throw error;
        },
      );
    },
    async onFailure(failed) {
      await work(habits.workMs / 2, failed.shard.lost);
      if (happens(habits.refuse)) throw new Error('the dead letters do not answer');
      onHandedOver(failed);
    },
  };
}
