// Makes dead letters and puts them where they are kept, waiting for the place when it is down. It decides nothing about what
// is dead.
import { createHash } from 'node:crypto';
import { type ChangeEvent, describeDecoded, type Key, valuesToJsonText } from '@shardfold/changes';
import type { Machine, StreamRecord } from '@shardfold/consumer';
import type { DeadLetter, DeadLetterStore } from '@shardfold/sinks';
import type { FlowEvent } from '../observe/events.ts';
import type { Fault } from './change.ts';
import type { Patience } from './patience.ts';

export interface LettersParts {
  readonly application: string;
  readonly worker: string;
  readonly machine: Machine;
  /** The process's. */
  readonly signal: AbortSignal;
  /** The sink whose database keeps the letters. */
  readonly store: DeadLetterStore;
  readonly patience: Patience;
  onEvent(event: FlowEvent): void;
}

export interface DeadPlace {
  readonly sink: string | undefined;
  readonly target: string | undefined;
}

/** One thing that cannot go on, and where it was meant to go. */
export interface Burial {
  readonly record: StreamRecord;
  readonly fault: Fault;
  readonly place: DeadPlace;
  readonly event: ChangeEvent | undefined;
  /** The row's address in the target, where there is one. */
  readonly key: Key | undefined;
}

/** Resolves when the letter is kept; rejects when the lease is lost or the process ends first. */
export type Bury = (burial: Burial, lost: AbortSignal) => Promise<void>;

/** Letters of one batch on their way at once: a database that is down is not asked by thousands. */
const buriedAtOnceMax = 8;

/** Resolves when `run`, which must not reject, was called with each. */
export async function inLanes<Each>(all: readonly Each[], run: (each: Each) => Promise<void>): Promise<void> {
  const left = all.values();
  const lane = async (): Promise<void> => {
    for (const each of left) await run(each);
  };
  await Promise.all(Array.from({ length: Math.min(buriedAtOnceMax, all.length) }, lane));
}

/** `told` hears of each, whether it was buried. Rejects with the first failure, when all are told. */
export async function buryAll<Each extends Burial>(
  burials: readonly Each[],
  bury: (burial: Each) => Promise<void>,
  told: (burial: Each, buried: boolean) => void,
): Promise<void> {
  let first: { readonly failure: unknown } | undefined;
  await inLanes(burials, async (burial) => {
    const buried = await bury(burial).then(
      () => true,
      (failure: unknown) => {
        first ??= { failure };
        return false;
      },
    );
    told(burial, buried);
  });
  if (first !== undefined) throw first.failure;
}

/** The same change at the same place has the same id, so a replay keeps one letter; a fleet beside it has its own. */
function letterId({ record, fault, place, event }: Burial, application: string): string {
  const parts = [
    application,
    record.shard.stream,
    record.shard.shardId,
    record.sequence,
    record.subSequence,
    event?.version.seq ?? '',
    fault.stage,
    place.sink ?? '',
    place.target ?? '',
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** As the source names it; of a key that only the configuration knows, as the target does. */
function keyText({ event, key }: Burial): string | undefined {
  const shown = event === undefined || event.kind === 'truncate' ? undefined : (event.key ?? key);
  return shown && valuesToJsonText(Object.fromEntries(shown), { numbers: 'exact', drop: [], rename: {} });
}

export function createLetters(parts: LettersParts): Bury {
  return async (burial, lost) => {
    const { record, fault, place, event } = burial;
    const described = event === undefined ? undefined : describeDecoded({ kind: 'changes', events: [event] })[0];
    const letter: DeadLetter = {
      id: letterId(burial, parts.application),
      failedAtMs: parts.machine.clock.wallMs(),
      application: parts.application,
      worker: parts.worker,
      stream: record.shard.stream,
      shard: record.shard.shardId,
      sequence: record.sequence,
      subSequence: record.subSequence,
      arrivalMs: record.arrivalMs,
      partitionKey: record.partitionKey,
      stage: fault.stage,
      sink: place.sink,
      target: place.target,
      key: keyText(burial),
      errorCode: fault.code,
      errorMessage: fault.message,
      attempts: 1,
      raw: record.bytes(),
      event: described,
    };
    await parts.patience.insist((signal) => parts.store.put([letter], signal), AbortSignal.any([parts.signal, lost]));
    parts.onEvent({ kind: 'dead-letter', shard: record.shard, sink: place.sink ?? '', reason: fault.code, count: 1 });
  };
}
