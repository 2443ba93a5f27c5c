// The table of dead letters. It takes whatever the source sent: no letter may be refused for the fault that made it one.
import { sql } from 'kysely';
import { bufferOf } from '../bytes.ts';
import { chunks } from '../chunks.ts';
import { textOrNone } from '../dead-letters/partition-key.ts';
import { land } from '../land.ts';
import type { DeadLetter, DeadLetterStore } from '../types.ts';
import type { Rows, Statement } from './connections.ts';
import { againOnDeadlock, type Engine, guarded } from './engine.ts';
import { lacksPartitionKey } from './letters-table.ts';

/** 19 parameters each: within the 32,766 that the most frugal server takes. */
const maxLettersPerStatement = 500;
const maxBytesPerStatement = 8 * 1024 * 1024;

/** Text cannot hold NUL everywhere: it is written as JSON writes it. The record's bytes stay in `raw`. */
function storable(text: string): string {
  return text.replaceAll('\u0000', '\\u0000').toWellFormed();
}

function storableOrNull(text: string | undefined): string | null {
  return text === undefined ? null : storable(text);
}

function rowOf(letter: DeadLetter, { dialect }: Engine, keepsKeys: boolean) {
  return {
    id: storable(letter.id),
    failed_at: dialect.bind.timestamp(letter.failedAtMs),
    application: storable(letter.application),
    worker: storable(letter.worker),
    stream: storable(letter.stream),
    shard: storable(letter.shard),
    sequence: storable(letter.sequence),
    sub_sequence: letter.subSequence,
    arrival: dialect.bind.timestamp(letter.arrivalMs),
    ...(keepsKeys ? { partition_key: textOrNone(letter.partitionKey) ?? null } : {}),
    stage: letter.stage,
    sink: storableOrNull(letter.sink),
    target: storableOrNull(letter.target),
    key: storableOrNull(letter.key),
    error_code: storable(letter.errorCode),
    error_message: storable(letter.errorMessage),
    attempts: letter.attempts,
    raw: bufferOf(letter.raw),
    event: storableOrNull(letter.event),
  };
}

function textOf(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}

function letterOf(row: Rows[number], { dialect }: Engine): DeadLetter {
  const { stage, raw } = row;
  return {
    id: String(row.id),
    failedAtMs: dialect.bind.readTimestampMs(row.failed_at),
    application: String(row.application),
    worker: String(row.worker),
    stream: String(row.stream),
    shard: String(row.shard),
    sequence: String(row.sequence),
    subSequence: Number(row.sub_sequence),
    arrivalMs: dialect.bind.readTimestampMs(row.arrival),
    partitionKey: textOf(row.partition_key),
    stage: stage === 'decode' || stage === 'route' ? stage : 'write',
    sink: textOf(row.sink),
    target: textOf(row.target),
    key: textOf(row.key),
    errorCode: String(row.error_code),
    errorMessage: String(row.error_message),
    attempts: Number(row.attempts),
    raw: raw instanceof Uint8Array ? raw : new Uint8Array(),
    event: textOf(row.event),
  };
}

function insertion(letters: readonly DeadLetter[], engine: Engine, keepsKeys: boolean): Statement {
  const { builder, dialect } = engine;
  const insert = builder.kysely.insertInto('shardfold_dead_letters').values(letters.map((letter) => rowOf(letter, engine, keepsKeys)));
  return builder.compiled(
    dialect.insertOnce === 'on conflict' ? insert.onConflict((conflict) => conflict.column('id').doNothing()) : insert.onDuplicateKeyUpdate({ id: sql`id` }),
  );
}

/** Lands what the server takes; a letter that it refuses alone goes without its event, which can be made of `raw` again. Throws `SinkError`. */
async function putAll(letters: readonly DeadLetter[], engine: Engine, keepsKeys: boolean, signal: AbortSignal): Promise<void> {
  const { connections, dialect } = engine;
  const send = (some: readonly DeadLetter[]) => connections.transaction([insertion(some, engine, keepsKeys)], signal);
  const refused: DeadLetter[] = [];
  await land(letters, {
    limits: { maxItems: maxLettersPerStatement, maxSize: maxBytesPerStatement },
    sizeOf: ({ raw, event }) => raw.length + (event?.length ?? 0),
    async send(some) {
      await againOnDeadlock(engine, () => send(some));
      return { applied: some.length, unresolved: 0 };
    },
    sort: (error) => dialect.sortError(error),
    onLanded: () => undefined,
    onRejected: (letter) => refused.push(letter),
  });
  for (const letter of refused) await guarded(engine, () => send([{ ...letter, event: undefined }]));
}

export function createDeadLetters(engine: Engine): DeadLetterStore {
  const { builder, connections } = engine;
  const letters = builder.kysely.selectFrom('shardfold_dead_letters');
  let keepsKeys = false;
  /** A table that lacks the column is looked at again with each put: a person may have added it. */
  async function knowsKeys(signal: AbortSignal): Promise<boolean> {
    keepsKeys ||= !(await lacksPartitionKey(engine, signal));
    return keepsKeys;
  }
  const ask = async (statement: Statement, signal: AbortSignal) => guarded(engine, () => connections.run(statement, signal));
  return {
    put: async (all, signal) => putAll(all, engine, await knowsKeys(signal), signal),
    async count(signal) {
      const { rows } = await ask(builder.compiled(letters.select((row) => row.fn.countAll().as('letters'))), signal);
      return Number(rows[0]?.letters ?? 0);
    },
    async page({ limit, after }, signal) {
      const query = letters.selectAll().orderBy('id').limit(limit);
      const { rows } = await ask(builder.compiled(after === undefined ? query : query.where('id', '>', storable(after))), signal);
      return rows.map((row) => letterOf(row, engine));
    },
    async find(id, signal) {
      const { rows } = await ask(builder.compiled(letters.selectAll().where('id', '=', storable(id))), signal);
      const [row] = rows;
      return row === undefined ? undefined : letterOf(row, engine);
    },
    async discard(ids, signal) {
      let discarded = 0;
      for (const run of chunks(ids, () => 1, { maxItems: maxLettersPerStatement, maxSize: maxLettersPerStatement })) {
        const statement = builder.compiled(builder.kysely.deleteFrom('shardfold_dead_letters').where('id', 'in', run.map(storable)));
        discarded += (await ask(statement, signal)).affected;
      }
      return discarded;
    },
  };
}
