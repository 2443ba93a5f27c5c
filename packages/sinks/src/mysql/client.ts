// One connection of the driver: opened and set up, and asked one statement after the other. It knows no pool and no transaction.
import { readFile } from 'node:fs/promises';
import { connect, isIP, type Socket } from 'node:net';
import type { Connection, ConnectionOptions, QueryError, QueryOptions, ResultSetHeader, SslOptions } from 'mysql2';
import type { Timers } from '../ports.ts';
import { RowFault } from '../row-fault.ts';
import type { Answer, Rows, Statement } from '../sql/connections.ts';
import { startDeadline } from '../sql/waiting.ts';
import { SinkError } from '../types.ts';
import { serverLimit } from './patience.ts';
import type { ParsedUrl, TlsOptions } from './url.ts';

/** As messages name it before its version is known. */
export const product = 'MySQL';

/** Until the session is set up. */
const connectTimeoutMs = 10_000;
const keepAliveDelayMs = 10_000;
/** Each holds memory on the server; what is left out is prepared again. */
const maxPreparedStatements = 128;
/** Below the time after which a statement is given up. */
const maxLockWaitSeconds = 50;
/** Adding a column waits for the writers in flight, and everybody else waits behind it: not for long. */
const maxTableLockWaitSeconds = 10;
/** Packet headers, types and lengths beside a statement's values: for the text, and for each value. */
const statementOverheadBytes = 1_024;
const valueOverheadBytes = 16;
/** An UTF-16 unit is three bytes of UTF-8 at most. */
const maxUnitBytes = 3;

/** Affected rows are rows changed, not rows found: `Answer.affected` of an upsert is told from it. No file of this machine is the server's business. */
const flags = ['-FOUND_ROWS', '-LOCAL_FILES', '-IGNORE_SPACE', '-CLIENT_QUERY_ATTRIBUTES'];

/** Every value as exactly as the server says it: what no double holds comes as text. */
const exactly = { supportBigNumbers: true, bigNumberStrings: true, dateStrings: true, jsonStrings: true, charset: 'utf8mb4_bin' } as const;

const setup = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  // MySQL alone reads what is in the comment: sizes as they are, not as they were yesterday.
  "SET SESSION autocommit = 1, sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', " +
    `innodb_lock_wait_timeout = ${maxLockWaitSeconds}, lock_wait_timeout = ${maxTableLockWaitSeconds}, group_concat_max_len = 4194304 ` +
    `/*!80000 , information_schema_stats_expiry = 0 */ ${serverLimit('statement')}`,
];

export interface Client {
  ask(statement: Statement): Promise<Answer>;
  /** Nothing can be asked any more. */
  isDead(): boolean;
  /** Breaks the connection at once; what was asked rejects. */
  destroy(): void;
  /** Says goodbye. */
  end(): Promise<void>;
}

export interface ClientOptions {
  readonly url: ParsedUrl;
  readonly application: string;
  readonly timers: Timers;
  /** Aborted when nobody needs the connection any more, however far it has come. */
  readonly closing: AbortSignal;
}

async function tlsFor({ mode, files }: TlsOptions): Promise<SslOptions> {
  const read: Record<string, Buffer> = {};
  for (const [name, path] of Object.entries(files)) {
    read[name] = await readFile(path).catch((error: unknown) => {
      throw new SinkError('SINK_DENIED', `MySQL: the file of ssl-${name} cannot be read. Nothing was written. Correct the url.`, {
        retryable: false,
        cause: error,
      });
    });
  }
  return { ...read, rejectUnauthorized: mode !== 'required', verifyIdentity: mode === 'verify-identity' };
}

/** The driver cannot break a connection off in the middle of a statement; whoever has its socket can. */
function socketTo({ host = 'localhost', port = 3306, socketPath }: ParsedUrl['options']): Socket {
  if (socketPath !== undefined) return connect(socketPath);
  return connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveDelayMs });
}

async function optionsFor({ url, application }: ClientOptions): Promise<ConnectionOptions> {
  const { host = '' } = url.options;
  return {
    ...url.options,
    // Whose certificate it must be, for the socket is ours: in place of a bare address the driver would look for "localhost".
    ...(isIP(host) === 0 ? {} : { host: `${host}.` }),
    ...exactly,
    flags,
    maxPreparedStatements,
    connectTimeout: connectTimeoutMs,
    connectAttributes: { program_name: `shardfold ${application}` },
    ...(url.tls === undefined ? {} : { ssl: await tlsFor(url.tls) }),
  };
}

function bytesOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  return value instanceof Uint8Array ? value.length : 0;
}

/** A larger packet would cost the connection, and nobody would know why. */
function checkSize({ text, values = [] }: Statement, maxPacketBytes: number, isText: boolean): void {
  // As text a value's quotes and backslashes double, and bytes are written in hex.
  const factor = isText ? 2 : 1;
  let units = text.length + statementOverheadBytes;
  for (const value of values) units += (typeof value === 'string' || value instanceof Uint8Array ? value.length : 0) + valueOverheadBytes;
  if (units * maxUnitBytes * factor <= maxPacketBytes) return;
  const bytes = values.reduce((sum: number, value) => sum + bytesOf(value) * factor + valueOverheadBytes, Buffer.byteLength(text) + statementOverheadBytes);
  if (bytes <= maxPacketBytes) return;
  throw new RowFault(
    'ROW_TOO_LARGE',
    `The row makes a statement of ${bytes} bytes; the server takes ${maxPacketBytes}. Raise max_allowed_packet on the server.`,
  );
}

/** The second number of "Records: 3  Duplicates: 1  Warnings: 0", in whichever language. */
const duplicates = /^\D*\d+\D+(\d+)/;

/** Of one row, and from a proxy that leaves it out, there is no info: then at least one row was changed if any was. */
function upserted({ affectedRows, info }: ResultSetHeader): Omit<Answer, 'rows'> {
  const counted = Number(affectedRows);
  const updated = duplicates.exec(info)?.[1];
  return { affected: updated === undefined ? Math.min(counted, 1) : counted - Number(updated), counted };
}

const upsert = / ON DUPLICATE KEY UPDATE /;

function answerOf(result: unknown, text: string): Answer {
  if (Array.isArray(result)) return { rows: result as Rows, affected: 0 };
  const header = result as ResultSetHeader;
  return { rows: [], ...(upsert.test(text) ? upserted(header) : { affected: Number(header.affectedRows) }) };
}

/** Connects and sets the session up. Throws what the driver threw, SINK_UNREACHABLE when that takes too long, and SINK_CLOSED. */
export async function openClient(options: ClientOptions): Promise<Client & { readonly maxPacketBytes: number; readonly version: string }> {
  const { createConnection } = await import('mysql2');
  const driver = await optionsFor(options);
  const socket = socketTo(options.url.options);
  const connection: Connection = createConnection({ ...driver, stream: socket });
  let dead = false;
  let maxPacketBytes = Number.POSITIVE_INFINITY;
  connection.on('error', () => {
    dead = true;
  });
  connection.on('end', () => {
    dead = true;
  });
  const ask = ({ text, values = [], name }: Statement): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const done = (error: QueryError | null, result: unknown): void => (error === null ? resolve(answerOf(result, text)) : reject(error));
      // Bytes go as they are, not as text.
      const prepared = name !== undefined || values.some((value) => value instanceof Uint8Array);
      checkSize({ text, values }, maxPacketBytes, !prepared);
      // The driver reads the list and leaves it as it is.
      const options = { sql: text, values } as QueryOptions;
      if (prepared) connection.execute(options, done);
      else connection.query(options, done);
    });
  const client: Client = {
    ask,
    isDead: () => dead,
    destroy() {
      dead = true;
      socket.destroy();
    },
    end: () =>
      new Promise((resolve) => {
        if (dead || socket.destroyed) socket.destroy();
        else connection.end();
        dead = true;
        if (socket.closed) resolve();
        // Whether or not the server says goodbye, too.
        else socket.once('close', () => resolve()).destroySoon();
      }),
  };
  const { timers, closing } = options;
  const deadline = startDeadline({ product, timers, timeoutMs: connectTimeoutMs, signal: closing }, client.destroy);
  try {
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error === null ? resolve() : reject(error))));
    for (const text of setup) await ask({ text });
    const { rows } = await ask({ text: 'SELECT @@max_allowed_packet AS max_packet, VERSION() AS version' });
    maxPacketBytes = Number(rows[0]?.max_packet);
    return { ...client, maxPacketBytes, version: String(rows[0]?.version) };
  } catch (error) {
    client.destroy();
    throw deadline.ended() ?? error;
  } finally {
    deadline.over();
  }
}
