// The table of dead letters. It takes whatever the source sent: no letter may be refused for the fault that made it one.
import { chunks } from '../chunks.ts';
import type { DeadLetter, DeadLetterStore } from '../types.ts';
import { build, compiled, type DeadLetterRow } from './builder.ts';
import type { Connections, Statement } from './connections.ts';
import { asSinkError } from './errors.ts';
import type { TableName } from './names.ts';

/** 18 parameters each, of the 65,535 that a statement may have. */
const maxLettersPerStatement = 500;
const maxBytesPerStatement = 8 * 1024 * 1024;

export const deadLettersTable: TableName = { schema: undefined, table: 'shardfold_dead_letters' };

/** PostgreSQL's text cannot hold NUL: it is written as JSON writes it. The record's bytes stay in `raw`. */
function storable(text: string): string {
  return text.replaceAll('\u0000', '\\u0000');
}

function storableOrNull(text: string | undefined): string | null {
  return text === undefined ? null : storable(text);
}

function rowOf(letter: DeadLetter): DeadLetterRow {
  return {
    id: storable(letter.id),
    failed_at: new Date(letter.failedAtMs),
    application: storable(letter.application),
    worker: storable(letter.worker),
    stream: storable(letter.stream),
    shard: storable(letter.shard),
    sequence: storable(letter.sequence),
    sub_sequence: letter.subSequence,
    arrival: new Date(letter.arrivalMs),
    stage: letter.stage,
    sink: storableOrNull(letter.sink),
    target: storableOrNull(letter.target),
    key: storableOrNull(letter.key),
    error_code: storable(letter.errorCode),
    error_message: storable(letter.errorMessage),
    attempts: letter.attempts,
    raw: letter.raw,
    event: storableOrNull(letter.event),
  };
}

function insertion(letters: readonly DeadLetter[]): Statement {
  return compiled(
    build
      .insertInto('shardfold_dead_letters')
      .values(letters.map(rowOf))
      .onConflict((conflict) => conflict.column('id').doNothing()),
  );
}

export function createDeadLetters(connections: Connections): DeadLetterStore {
  return {
    async put(letters, signal) {
      const runs = chunks(letters, ({ raw, event }) => raw.length + (event?.length ?? 0), { maxItems: maxLettersPerStatement, maxSize: maxBytesPerStatement });
      try {
        for (const run of runs) await connections.transaction([insertion(run)], signal);
      } catch (error) {
        throw asSinkError(error);
      }
    },
    async count(signal) {
      const count = compiled(build.selectFrom('shardfold_dead_letters').select((rows) => rows.fn.countAll().as('letters')));
      return Number((await connections.run(count, signal)).rows[0]?.letters ?? 0);
    },
  };
}
