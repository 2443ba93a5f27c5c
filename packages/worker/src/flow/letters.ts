// Makes dead letters and puts them where they are kept, waiting for the place when it is down. It decides nothing about what
// is dead.
import { createHash } from 'node:crypto';
import { type ChangeEvent, describeDecoded, valuesToJsonText } from '@shardfold/changes';
import type { Machine, StreamRecord } from '@shardfold/consumer';
import type { DeadLetter, DeadLetterStore } from '@shardfold/sinks';
import type { FlowEvent } from '../observe/events.ts';
import type { Fault } from './change.ts';
import type { Patience } from './patience.ts';

export interface LettersParts {
  readonly application: string;
  readonly worker: string;
  readonly machine: Machine;
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

export type Bury = (record: StreamRecord, fault: Fault, place: DeadPlace, event?: ChangeEvent) => Promise<void>;

/** The same change at the same place has the same id, so a replay keeps one letter. */
function letterId(record: StreamRecord, fault: Fault, place: DeadPlace, event: ChangeEvent | undefined): string {
  const parts = [
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

export function createLetters(parts: LettersParts): Bury {
  return async (record, fault, place, event) => {
    const described = event === undefined ? undefined : describeDecoded({ kind: 'changes', events: [event] })[0];
    const letter: DeadLetter = {
      id: letterId(record, fault, place, event),
      failedAtMs: parts.machine.clock.wallMs(),
      application: parts.application,
      worker: parts.worker,
      stream: record.shard.stream,
      shard: record.shard.shardId,
      sequence: record.sequence,
      subSequence: record.subSequence,
      arrivalMs: record.arrivalMs,
      stage: fault.stage,
      sink: place.sink,
      target: place.target,
      key:
        event === undefined || event.kind === 'truncate' || event.key === undefined
          ? undefined
          : valuesToJsonText(Object.fromEntries(event.key), { numbers: 'exact', drop: [], rename: {} }),
      errorCode: fault.code,
      errorMessage: fault.message,
      attempts: 1,
      raw: record.bytes(),
      event: described,
    };
    await parts.patience.insist((signal) => parts.store.put([letter], signal), parts.signal);
    parts.onEvent({ kind: 'dead-letter', sink: place.sink ?? '', reason: fault.code, count: 1 });
  };
}
