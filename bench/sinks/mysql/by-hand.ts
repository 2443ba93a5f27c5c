// What MariaDB or MySQL can do by itself, with the same guard and the same look at tombstones: it shares no code with the sink on
// purpose.
import { Readable } from 'node:stream';
import { type Connection, createConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import type { Player } from '../contest.ts';
import { type BenchRow, buriedKeys } from '../documents.ts';

export type Way = 'values' | 'load';

/** Assignments run from left to right: the version comes last. */
function guarded(incoming: (column: string) => string): string {
  const newer = `${incoming('cdc_time')} > t.cdc_time OR (${incoming('cdc_time')} = t.cdc_time AND ${incoming('cdc_seq')} > t.cdc_seq)`;
  return (
    `ON DUPLICATE KEY UPDATE data = IF(${newer}, ${incoming('data')}, t.data), cdc_seq = IF(${newer}, ${incoming('cdc_seq')}, t.cdc_seq), ` +
    `cdc_time = GREATEST(t.cdc_time, ${incoming('cdc_time')})`
  );
}

const columns = '(id, data, cdc_time, cdc_seq)';

function valuesText(rows: number, isMariadb: boolean): string {
  const upsert = isMariadb ? guarded((column) => `VALUES(${column})`) : `AS n ${guarded((column) => `n.${column}`)}`;
  return `INSERT INTO t ${columns} VALUES ${Array(rows).fill('(?,?,?,?)').join(',')} ${upsert}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n');
}

async function load(connection: Connection, group: readonly BenchRow[]): Promise<void> {
  const lines = group.map(({ id, text, time, seq }) => `${escaped(id)}\t${escaped(text)}\t${time}\t${seq}\n`).join('');
  await connection.query('START TRANSACTION');
  await connection.query<ResultSetHeader>({
    sql: `LOAD DATA LOCAL INFILE 'rows' INTO TABLE stage CHARACTER SET utf8mb4 ${columns}`,
    infileStreamFactory: () => Readable.from([Buffer.from(lines)]),
  });
  await connection.query(`INSERT INTO t ${columns} SELECT s.id, s.data, s.cdc_time, s.cdc_seq FROM stage AS s ${guarded((column) => `s.${column}`)}`);
  await lookAtTombstones(connection, group);
  await connection.query('COMMIT');
  await connection.query('TRUNCATE stage');
}

/** Whoever finds none has nothing to take back. */
async function lookAtTombstones(connection: Connection, group: readonly BenchRow[]): Promise<void> {
  const [dead] = await connection.execute<RowDataPacket[]>(
    `SELECT id, cdc_time, cdc_seq FROM t_dead WHERE id IN (${Array(group.length).fill('?').join(',')})`,
    group.map(({ id }) => id),
  );
  if (dead.length > 0) throw new Error('Nothing was deleted.');
}

async function store(connection: Connection, group: readonly BenchRow[], isMariadb: boolean): Promise<void> {
  await connection.query('START TRANSACTION');
  await connection.execute(
    valuesText(group.length, isMariadb),
    group.flatMap(({ id, text, time, seq }) => [id, text, String(time), seq]),
  );
  await lookAtTombstones(connection, group);
  await connection.query('COMMIT');
}

export async function createDatabase(url: string, name: string): Promise<void> {
  const connection = await createConnection(url);
  await connection.query(`CREATE DATABASE ${name}`);
  // MySQL refuses LOAD DATA LOCAL otherwise.
  await connection.query('SET GLOBAL local_infile = 1');
  await connection.end();
}

/** A server whose data is in memory has room for one run's tables. */
export async function dropTables(url: string): Promise<void> {
  const connection = await createConnection(url);
  const [tables] = await connection.query<(RowDataPacket & { name: string })[]>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = database()',
  );
  for (const { name } of tables) await connection.query('DROP TABLE ??', [name]);
  await connection.end();
}

export interface Work {
  /** Of the table, `TABLE` in place of CREATE TABLE and the name. */
  readonly ddl: string;
  readonly groups: readonly (readonly BenchRow[])[];
  readonly tombstones: number;
}

/** Makes the table `t`. */
export async function byHand(url: string, way: Way, lanes: number, { ddl, groups, tombstones }: Work): Promise<Player> {
  const connections = await Promise.all(
    Array.from({ length: lanes }, () => createConnection({ uri: url, charset: 'utf8mb4_bin', supportBigNumbers: true, flags: ['-FOUND_ROWS'] })),
  );
  const [first] = connections;
  if (first === undefined) throw new Error('no lane');
  await first.query(ddl.replace('TABLE', 'CREATE TABLE t'));
  await first.query(ddl.replace('TABLE', 'CREATE TABLE t_dead'));
  await first.query(`INSERT INTO t_dead ${columns} VALUES ?`, [buriedKeys(tombstones).map((id) => [id, '{}', 0, 0])]);
  const [[server]] = await first.query<(RowDataPacket & { version: string })[]>('SELECT version() AS version');
  const isMariadb = server?.version.includes('MariaDB') === true;
  for (const connection of connections) {
    await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
    if (way === 'load') await connection.query(ddl.replace('TABLE', 'CREATE TEMPORARY TABLE stage').replace(/,\s*CONSTRAINT[^\n]*PRIMARY KEY \([^)]*\)/i, ''));
  }
  return {
    async write(at, lane) {
      const connection = connections[lane] ?? first;
      const group = groups[at] ?? [];
      if (way === 'load') await load(connection, group);
      else await store(connection, group, isMariadb);
    },
    async close() {
      await Promise.all(connections.map((connection) => connection.end()));
    },
  };
}
