// The suite that every sink passes, run against a sink of one's own.
import { PGlite } from '@electric-sql/pglite';
import { createSqlSink, sqlShapeOf, systemMachine, type TargetTable } from '@shardfold/sinks';
import { dataOfColumns, type SinkUnderTest, type StoredRow, sinkConformance, sqlTraits } from '@shardfold/sinks/testing';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { createConnections } from './connections.ts';
import { nameOf, pgliteDialect } from './dialect.ts';

const never = new AbortController().signal;
let database: PGlite;
beforeAll(async () => {
  database = await PGlite.create();
});
afterAll(() => database.close());

/** One process has the database, so both sinks of the suite are one; each test finds it empty. */
async function makeSink(): Promise<SinkUnderTest> {
  await database.exec('drop schema public cascade; create schema public');
  const connections = { ...createConnections(database), close: async () => undefined };
  const sink = createSqlSink({ dialect: pgliteDialect, connections, clock: systemMachine.clock, createTables: true });
  await sink.open(never);
  return { sinks: [sink, sink], rows: storedRows, run: async (statements) => void (await database.exec(statements)), close: () => sink.close() };
}

const [boolean, bytes, bigint, numeric, jsonb] = [16, 17, 20, 1700, 3802];
/** Every value as the server's own text. */
const parsers = Object.fromEntries([boolean, bytes, bigint, numeric, jsonb].map((type) => [type, (text: string) => text]));

function textOf(text: string, type: number): string {
  if (type === bytes) return Buffer.from(text.slice(2), 'hex').toString('base64');
  return type === boolean ? String(text === 't') : text;
}

function jsonOf(text: string, type: number): string {
  return [boolean, bigint, numeric, jsonb].includes(type) ? textOf(text, type) : JSON.stringify(textOf(text, type));
}

/** What a reader sees, as the suite compares it. */
async function storedRows(target: TargetTable): Promise<StoredRow[]> {
  const { layout, bookkeeping } = target;
  // The names as they are stored: a server cuts long ones.
  const { rows: table, key } = sqlShapeOf(target, pgliteDialect.names);
  const own = new Set<string>([...Object.values(bookkeeping), ...(layout === 'document' ? ['data'] : [])]);
  const { rows, fields } = await database.query<(string | null)[]>(`select * from ${nameOf(table)}`, [], { rowMode: 'array', parsers });
  return rows.map((row) => {
    const cells = fields.map((field, index) => ({ column: field.name, type: field.dataTypeID, text: row[index] ?? null }));
    const textAt = (column: string): string | null => cells.find((cell) => cell.column === column)?.text ?? null;
    return {
      key: key.map((part) => cells.find(({ column }) => column === part.name)).map((cell) => textOf(cell?.text ?? '', cell?.type ?? 0)),
      data:
        layout === 'document'
          ? String(textAt('data'))
          : dataOfColumns(
              cells.filter(({ column }) => !own.has(column)).map(({ column, type, text }) => [column, text === null ? null : jsonOf(text, type)] as const),
              textAt(bookkeeping.extra),
            ),
      version: { time: Number(textAt(bookkeeping.time)), seq: String(textAt(bookkeeping.seq)) },
      deleted: textAt(bookkeeping.deleted) === 't',
      partial: textAt(bookkeeping.partial),
    };
  });
}

describe('a sink of one’s own: PGlite', () => {
  for (const { name, run } of sinkConformance(makeSink, { ...sqlTraits, breaksOff: false, plants: false })) test(name, run);
});
