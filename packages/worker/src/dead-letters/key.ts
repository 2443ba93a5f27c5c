// Gives a replayed change the key that it had. Debezium sends it as the record's partition key, which a dead letter of an older version
// does not hold: its names are in the letter, its values in the row. Pure; it knows no table.
import { debeziumCodec, type RawRecord, type RowChange } from '@shardfold/changes';
import type { DeadLetter } from '@shardfold/sinks';
import type { Routed, Router } from '../flow/route.ts';

function keyNames({ key }: DeadLetter): readonly string[] | undefined {
  return key === undefined ? undefined : Object.keys(JSON.parse(key) as Readonly<Record<string, unknown>>);
}

/** Undefined: the row does not show all of them. */
function withKey(event: RowChange, names: readonly string[]): RowChange | undefined {
  const row = (event.after ?? event.before)?.values();
  const key = names.flatMap((name) => {
    const value = row?.[name];
    return value === undefined || value === null ? [] : [[name, value] as const];
  });
  return key.length === names.length ? { ...event, key } : undefined;
}

function lost({ sink, target }: DeadLetter): Routed {
  const message =
    'The key of this change was in its partition key, which the letter does not hold, and the row does not show it. Nothing was written. Name the key columns in tables[].key and replay it, or read the record again from the stream.';
  return { kind: 'fault', sink, target, fault: { stage: 'route', code: 'REPLAY_WITHOUT_KEY', message } };
}

/** The same router, for records that are letters. A change that had a key is never appended as one without. */
export function withLettersKeys(route: Router, letterOf: (record: RawRecord) => DeadLetter | undefined): Router {
  return (event, record) => {
    const letter = letterOf(record);
    if (letter === undefined || letter.partitionKey !== undefined || event.kind === 'truncate' || event.key !== undefined) return route(event, record);
    const names = keyNames(letter);
    if (names !== undefined) {
      const keyed = withKey(event, names);
      return keyed === undefined ? lost(letter) : route(keyed, record);
    }
    const routed = route(event, record);
    const appends = routed.kind === 'write' && routed.mutation.kind === 'append';
    // Nobody had looked for its key yet when the letter was written.
    return appends && letter.stage === 'decode' && debeziumCodec.recognises(record) ? lost(letter) : routed;
  };
}
