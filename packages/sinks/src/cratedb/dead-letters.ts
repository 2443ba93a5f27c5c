// The table of dead letters. It takes whatever the source sent: no letter may be refused for the fault that made it one.
import { base64 } from '../base64.ts';
import { chunks } from '../chunks.ts';
import { partitionKeyColumn, unicodeOrNone } from '../dead-letters/partition-key.ts';
import { type DeadLetter, type DeadLetterStore, SinkError } from '../types.ts';
import { refresh, sendBulk } from './bulk.ts';
import type { Connection } from './connection.ts';
import { asSinkError, CrateFailure } from './errors.ts';
import { lacksPartitionKey, lettersTable } from './letters-table.ts';

/** An id is a text key, and one of 32,766 bytes or more is refused; it is made of short names. */
const oldColumns = [
  ...['id', 'failed_at', 'application', 'worker', 'stream', 'shard', 'sequence', 'sub_sequence', 'arrival', 'stage', 'sink', 'target'],
  ...['key', 'error_code', 'error_message', 'attempts', 'raw', 'event'],
];
const allColumns = [...oldColumns, partitionKeyColumn];
/** Letters are read whole; a page of a few thousand is asked for in parts. */
const maxIdsPerStatement = 500;

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

function json(text: string | undefined): string {
  return text === undefined ? 'null' : JSON.stringify(text.toWellFormed());
}

/** In the order of all columns. */
function argsOf(letter: DeadLetter): string[] {
  return [
    json(letter.id),
    String(letter.failedAtMs),
    json(letter.application),
    json(letter.worker),
    json(letter.stream),
    json(letter.shard),
    json(letter.sequence),
    String(letter.subSequence),
    String(letter.arrivalMs),
    json(letter.stage),
    json(letter.sink),
    json(letter.target),
    json(letter.key),
    json(letter.errorCode),
    json(letter.errorMessage),
    String(letter.attempts),
    json(base64(letter.raw)),
    json(letter.event),
    json(unicodeOrNone(letter.partitionKey)),
  ];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function letterOf(row: readonly unknown[]): DeadLetter {
  const fields = Object.fromEntries(allColumns.map((name, index) => [name, row[index]]));
  const { stage } = fields;
  return {
    id: String(fields.id),
    failedAtMs: Number(fields.failed_at),
    application: String(fields.application),
    worker: String(fields.worker),
    stream: String(fields.stream),
    shard: String(fields.shard),
    sequence: String(fields.sequence),
    subSequence: Number(fields.sub_sequence),
    arrivalMs: Number(fields.arrival),
    partitionKey: textOf(fields[partitionKeyColumn]),
    stage: stage === 'decode' || stage === 'route' ? stage : 'write',
    sink: textOf(fields.sink),
    target: textOf(fields.target),
    key: textOf(fields.key),
    errorCode: String(fields.error_code),
    errorMessage: String(fields.error_message),
    attempts: Number(fields.attempts),
    raw: new Uint8Array(Buffer.from(textOf(fields.raw) ?? '', 'base64')),
    event: textOf(fields.event),
  };
}

/** Half a surrogate pair becomes U+FFFD, as UTF-8 has no word for it; a partition key with one is not kept. */
export function createDeadLetters(connection: Connection): DeadLetterStore {
  const table = lettersTable(connection);
  let keepsKeys = false;
  /** A table that lacks the youngest column is looked at again each time: a person may have added it. */
  async function columnsNow(signal: AbortSignal): Promise<readonly string[]> {
    keepsKeys ||= !(await lacksPartitionKey(connection, signal));
    return keepsKeys ? allColumns : oldColumns;
  }
  const listNow = async (signal: AbortSignal): Promise<string> => listed(await columnsNow(signal));
  const send = (statement: string, signal: AbortSignal) => ({ connection, table, statement, signal });

  /** What was not stored must have been there: a node that stops answers in the same way. */
  async function assertThere(ids: readonly string[], signal: AbortSignal): Promise<void> {
    for (const some of chunks(ids, () => 1, { maxItems: maxIdsPerStatement, maxSize: maxIdsPerStatement })) {
      const question = `SELECT "id" FROM ${table} WHERE ${some.map(() => '"id" = ?').join(' OR ')}`;
      if ((await connection.ask(question, signal, some.map(json))).rows.length === some.length) continue;
      throw new SinkError('SINK_BUSY', 'CrateDB: dead letters were not stored. It is retried. Look whether a node stops or starts.', { retryable: true });
    }
  }

  return {
    async put(letters, signal) {
      const columns = await columnsNow(signal);
      const list = listed(columns);
      const statement = `INSERT INTO ${table} (${list}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`;
      const outcomes = await sendBulk(send(statement, signal), letters, (letter) => argsOf(letter).slice(0, columns.length));
      for (const outcome of outcomes.values()) if (outcome.kind === 'refused') throw asSinkError(new CrateFailure(400, undefined, outcome.error.message));
      const unchanged = new Set([...outcomes].filter(([, { kind }]) => kind !== 'changed').map(([{ id }]) => id));
      await assertThere([...unchanged], signal);
    },
    async count(signal) {
      await refresh({ connection, table, signal });
      return Number((await connection.ask(`SELECT count(*) FROM ${table}`, signal)).rows[0]?.[0] ?? 0);
    },
    async page({ limit, after }, signal) {
      await refresh({ connection, table, signal });
      const onward = after === undefined ? '' : ' WHERE "id" > ?';
      const question = `SELECT ${await listNow(signal)} FROM ${table}${onward} ORDER BY "id" LIMIT ${Math.max(0, Math.floor(limit))}`;
      return (await connection.ask(question, signal, after === undefined ? [] : [json(after)])).rows.map(letterOf);
    },
    async find(id, signal) {
      const [row] = (await connection.ask(`SELECT ${await listNow(signal)} FROM ${table} WHERE "id" = ?`, signal, [json(id)])).rows;
      return row === undefined ? undefined : letterOf(row);
    },
    async discard(ids, signal) {
      const distinct = [...new Set(ids)];
      let discarded = 0;
      for (const some of chunks(distinct, () => 1, { maxItems: maxIdsPerStatement, maxSize: maxIdsPerStatement })) {
        const outcomes = await sendBulk(send(`DELETE FROM ${table} WHERE "id" = ?`, signal), some, (id) => [json(id)]);
        discarded += [...outcomes.values()].filter(({ kind }) => kind === 'changed').length;
      }
      return discarded;
    },
  };
}
