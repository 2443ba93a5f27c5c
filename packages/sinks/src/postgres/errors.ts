// Sorts whatever PostgreSQL, its driver or the network throws. It runs nothing and retries nothing.
import type { SortedError } from '../land.ts';
import { networkCodes } from '../network-codes.ts';
import { thrownText } from '../thrown-text.ts';
import { SinkError, type SinkErrorCode } from '../types.ts';

interface Sorted {
  readonly code: SinkErrorCode;
  readonly retryable: boolean;
  readonly remedy: string;
}

const unreachable: Sorted = { code: 'SINK_UNREACHABLE', retryable: true, remedy: 'The write is retried. Check that the server runs and can be reached.' };
const busy: Sorted = {
  code: 'SINK_BUSY',
  retryable: true,
  remedy: 'The write is retried. If it goes on, look for locks, limits and full disks on the server.',
};
const full: Sorted = { ...busy, remedy: 'The write is retried. Give the server more connections, memory or disk, or lower poolMax.' };
const readOnly: Sorted = {
  code: 'SINK_READ_ONLY',
  retryable: true,
  remedy: 'The write is retried. Point the url at the primary, or make the server writable.',
};
const denied: Sorted = {
  code: 'SINK_DENIED',
  retryable: false,
  remedy: 'Writing waits until that is mended: correct the credentials, the TLS settings or the grants of the url’s user.',
};
const badFile: Sorted = { ...denied, remedy: 'Writing waits until that is mended: correct the file that the url names in sslrootcert, sslcert or sslkey.' };
const missing: Sorted = {
  code: 'SINK_TABLE_MISSING',
  retryable: false,
  remedy: 'Writing to it waits until that is mended. Somebody dropped or renamed it: create it again.',
};
const mismatch: Sorted = {
  code: 'SINK_TABLE_MISMATCH',
  retryable: false,
  remedy: 'Writing to it waits until that is mended. The table is not what it was when it was opened: restore its columns and key.',
};
const forgotten: Sorted = {
  code: 'SINK_UNEXPECTED',
  retryable: true,
  remedy: 'The write is retried on a new connection. A pooler in front of the server must support prepared statements.',
};
const internal: Sorted = { code: 'SINK_UNEXPECTED', retryable: true, remedy: 'The write is retried. Look into the server’s log.' };
const unexpected: Sorted = { code: 'SINK_UNEXPECTED', retryable: false, remedy: 'Writing waits until that is mended: report it with the message.' };

/** By SQLSTATE, else by its class. */
const byState: Readonly<Record<string, Sorted>> = {
  '25006': readOnly,
  '26000': forgotten,
  '3D000': { ...denied, remedy: 'Writing waits until that is mended: create the database, or correct the url.' },
  '3F000': missing,
  '42501': denied,
  '42P01': missing,
  '42P05': forgotten,
  '42P10': mismatch,
  '42703': mismatch,
  '42804': mismatch,
  '42809': mismatch,
  '42883': mismatch,
  '08': unreachable,
  '25': busy,
  '28': denied,
  '40': busy,
  '53': full,
  '55': busy,
  '57': unreachable,
  '57014': busy,
  '58': busy,
  '72': busy,
  F0: busy,
  HV: busy,
  XX: internal,
};

/**
 * 21 the same row twice, 22 data, 23 constraints, 44 a view's check, 54 sizes and depths; 09, 20, 27, 2F, 38, 39, 45 and P0 from a
 * trigger.
 */
const rowClasses = new Set(['09', '20', '21', '22', '23', '27', '2F', '38', '39', '44', '45', '54', 'P0']);
/** The statements are always well-formed: these come from a value of a type that has a syntax, or from a trigger. */
const rowStates = new Set(['42601']);
/** A damaged file is no row's fault, even where it hurts only one. */
const damaged = new Set(['XX001', 'XX002']);

const tlsCode = /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;
/** What the driver says without a code. */
const driverMessages: readonly (readonly [RegExp, Sorted])[] = [
  [/^Connection terminated|^timeout exceeded when trying to connect|not queryable|^This socket has been ended|^Client was closed/, unreachable],
  [/pool after calling end/, { code: 'SINK_CLOSED', retryable: false, remedy: 'The sink was closed; nothing was written.' }],
  [/SSL connection|SASL|password/i, denied],
];

/** Not what Node calls its own: EPIPE has five letters too. */
const sqlState = /^(?!E[A-Z]{4}$)[0-9A-Z]{5}$/;

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** A file of the url that cannot be read. A socket that is not there has the same code. */
function isFileProblem(error: unknown, code: string): boolean {
  return code === 'EISDIR' || (typeof error === 'object' && error !== null && 'syscall' in error && error.syscall === 'open');
}

function sortByCode(code: string, message: string): Sorted {
  if (networkCodes.has(code)) return unreachable;
  if (tlsCode.test(code)) return denied;
  if (sqlState.test(code)) return byState[code] ?? byState[code.slice(0, 2)] ?? unexpected;
  return driverMessages.find(([pattern]) => pattern.test(message))?.[1] ?? unexpected;
}

/** Total: any thrown value becomes a row's fault or a `SinkError`, which keeps the value as its cause. */
export function sortPostgresError(error: unknown): SortedError {
  if (error instanceof SinkError) return { kind: 'sink', error };
  const code = codeOf(error);
  const message = thrownText(error) || code || 'an error without a text';
  const isState = sqlState.test(code);
  if (isState && (rowStates.has(code) || rowClasses.has(code.slice(0, 2)))) return { kind: 'row', error: { code, message } };
  const sorted = isFileProblem(error, code) ? badFile : sortByCode(code, message);
  const state = code === '' ? '' : ` (${code})`;
  const sink = new SinkError(sorted.code, `PostgreSQL: ${message}${state}. ${sorted.remedy}`, { retryable: sorted.retryable, cause: error });
  const isKnown = !isState || damaged.has(code) || (sorted !== unexpected && sorted !== internal);
  return { kind: 'sink', error: sink, ...(isKnown ? {} : { perhaps: { code, message } }) };
}

/** After these a session is what it was: what may be a row's fault, a transaction that gave way, a lock that was not had. */
export function isBroken(error: unknown): boolean {
  if (error instanceof SinkError) return false;
  const sorted = sortPostgresError(error);
  if (sorted.kind === 'row' || sorted.perhaps !== undefined) return false;
  return !['40', '55'].includes(codeOf(error).slice(0, 2));
}

/** Two programs made the same schema, table or column at once; the loser looks again. */
const concurrentCreate = new Set(['23505', '42P06', '42P07', '42701', '42710']);

export function lostCreateRace(error: SinkError): boolean {
  return concurrentCreate.has(codeOf(error.cause));
}

/** Two transactions waited for each other. */
export function isDeadlock(error: SinkError): boolean {
  return codeOf(error.cause) === '40P01';
}

export function isColumnLimit(error: SinkError): boolean {
  return codeOf(error.cause) === '54011';
}
