// Sorts whatever the server, its driver or the network throws. It runs nothing and retries nothing.
import type { SortedError } from '../land.ts';
import { networkCodes } from '../network-codes.ts';
import { RowFault } from '../row-fault.ts';
import { thrownText } from '../thrown-text.ts';
import { SinkError, type SinkErrorCode } from '../types.ts';

interface Sorted {
  readonly code: SinkErrorCode;
  readonly retryable: boolean;
  readonly remedy: string;
}

const unreachable: Sorted = { code: 'SINK_UNREACHABLE', retryable: true, remedy: 'The write is retried. Check that the server runs and can be reached.' };
const busy: Sorted = { code: 'SINK_BUSY', retryable: true, remedy: 'The write is retried. If it goes on, look for locks and limits on the server.' };
const full: Sorted = { ...busy, remedy: 'The write is retried. Give the server more connections, memory or disk, or lower poolMax.' };
const statements: Sorted = { ...busy, remedy: 'The write is retried. Raise max_prepared_stmt_count on the server, or run fewer workers.' };
const readOnly: Sorted = {
  code: 'SINK_READ_ONLY',
  retryable: true,
  remedy: 'The write is retried. Point the url at the primary, or make the server writable.',
};
const denied: Sorted = {
  code: 'SINK_DENIED',
  retryable: false,
  remedy: 'Writing waits until that is mended. Correct the credentials, the TLS settings (ssl-mode, ssl-ca in the url) or the grants of the url’s user.',
};
const noDatabase: Sorted = { ...denied, remedy: 'Writing waits until that is mended. Create the database, or correct the url.' };
const missing: Sorted = {
  code: 'SINK_TABLE_MISSING',
  retryable: false,
  remedy: 'Writing to it waits until it is opened again. Somebody dropped or renamed it: create it again.',
};
const mismatch: Sorted = {
  code: 'SINK_TABLE_MISMATCH',
  retryable: false,
  remedy:
    'Writing to it waits until that is mended. The table is not what it was when it was opened, or cannot be made: restore its columns and key, or choose another target.',
};
const forgotten: Sorted = {
  code: 'SINK_UNEXPECTED',
  retryable: true,
  remedy: 'The write is retried on a new connection. A proxy in front of the server must support prepared statements.',
};
const internal: Sorted = { code: 'SINK_UNEXPECTED', retryable: true, remedy: 'The write is retried. Look into the server’s log.' };
const unexpected: Sorted = { code: 'SINK_UNEXPECTED', retryable: false, remedy: 'Writing waits until that is mended. Report it with the message.' };

/** By the server's own numbers; MariaDB's begin at 1900, MySQL's newer ones at 3000. */
const numbered: readonly (readonly [Sorted, readonly number[]])[] = [
  [unreachable, [1042, 1043, 1047, 1053, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013, 3169, 4031]],
  [busy, [1020, 1099, 1205, 1206, 1213, 1223, 1317, 1478, 1613, 1614, 1615, 1637, 1969, 3024, 3058, 3101, 3572, 4202]],
  [full, [1021, 1037, 1038, 1040, 1041, 1114, 1135, 1203, 1226, 1436]],
  [statements, [1461]],
  [readOnly, [1290, 1792, 1836, 3100]],
  [denied, [1044, 1045, 1130, 1129, 1131, 1132, 1133, 1142, 1143, 1227, 1251, 1275, 1370, 1524, 1698, 1820, 1862, 1873, 3032, 3118, 3159, 3955, 4151]],
  [noDatabase, [1046, 1049]],
  [missing, [1051, 1146]],
  [mismatch, [1054, 1059, 1060, 1061, 1068, 1071, 1072, 1091, 1102, 1103, 1117, 1136, 1166, 1176, 1288, 1293, 1347, 1348, 1356, 1442, 1471, 1906, 3105]],
  [forgotten, [1210, 1243]],
  [internal, [1030, 1105, 1180, 1181, 1297, 1296]],
];
const byNumber = new Map(numbered.flatMap(([sorted, numbers]) => numbers.map((number) => [number, sorted] as const)));

/** Without a class of their own: what a row may be refused for. */
const rowNumbers = new Set([
  1118, 1265, 1292, 1300, 1364, 1366, 1411, 1424, 1463, 1526, 1534, 1644, 1690, 1748, 3140, 3141, 3144, 3150, 3156, 3157, 3158, 3819, 3903, 4025, 4078,
]);
/** 21 the same row twice, 22 data, 23 constraints, 44 a view's check, 45 raised by a trigger. */
const rowClasses = new Set(['21', '22', '23', '44', '45']);

const driverCodes = new Set(['PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT']);
const tlsCode = /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HANDSHAKE_|AUTH_SWITCH)/;
/** What the driver says without a code that tells it. */
const driverMessages: readonly (readonly [RegExp, Sorted])[] = [
  [/closed state|Connection lost|closed unexpectedly|packets out of order/i, unreachable],
  [/secure connection|certificate|authentication|password|self.signed/i, denied],
];

interface Told {
  readonly code: string;
  readonly number: number;
  readonly state: string;
  readonly message: string;
}

/** From here on the two servers mean different things by a number, and the driver knows MySQL's names only. */
const firstOwnNumber = 1_900;

function told(error: unknown, product: string): Told {
  const parts: Record<string, unknown> = typeof error === 'object' && error !== null ? { ...error } : {};
  const number = typeof parts.errno === 'number' ? parts.errno : 0;
  const named = typeof parts.code === 'string' ? parts.code : '';
  const code = product === 'MariaDB' && number >= firstOwnNumber ? String(number) : named;
  const said = typeof parts.sqlMessage === 'string' ? parts.sqlMessage : thrownText(error);
  return {
    code,
    number,
    state: typeof parts.sqlState === 'string' ? parts.sqlState : '',
    message: said === '' ? `an error without a text ${code}`.trimEnd() : said,
  };
}

function sortByCode({ code, number, message }: Told): Sorted {
  const known = byNumber.get(number);
  if (known !== undefined) return known;
  if (networkCodes.has(code) || driverCodes.has(code)) return unreachable;
  if (tlsCode.test(code)) return denied;
  return driverMessages.find(([pattern]) => pattern.test(message))?.[1] ?? unexpected;
}

/** Total: any thrown value becomes a row's fault or a `SinkError`, which keeps the value as its cause. */
export function sortMysqlError(error: unknown, product: string): SortedError {
  if (error instanceof SinkError) return { kind: 'sink', error };
  if (error instanceof RowFault) return { kind: 'row', error: { code: error.code, message: error.message } };
  const all = told(error, product);
  const { code, number, state, message } = all;
  if (rowNumbers.has(number) || (!byNumber.has(number) && rowClasses.has(state.slice(0, 2)))) {
    return { kind: 'row', error: { code: code === '' ? String(number) : code, message } };
  }
  const sorted = sortByCode(all);
  const { code: sinkCode, retryable, remedy } = sorted;
  const names = [code, number > 0 ? String(number) : ''].filter((name) => name !== '');
  const from = names.length === 0 ? '' : ` (${[...new Set(names)].join(', ')})`;
  const sink = new SinkError(sinkCode, `${product}: ${message}${from}. ${remedy}`, { retryable, cause: error });
  // A number that nobody knows may be a trigger's.
  const mayBeRow = sorted === unexpected && number > 0;
  return { kind: 'sink', error: sink, ...(mayBeRow ? { perhaps: { code: code === '' ? String(number) : code, message } } : {}) };
}

function numberOf(error: SinkError): number {
  return told(error.cause, '').number;
}

/** After these a session is what it was once it is rolled back: the row's fault, a transaction that gave way, a lock that was not had. */
export function isBroken(error: unknown): boolean {
  if (error instanceof SinkError || sortMysqlError(error, '').kind === 'row') return false;
  return ![1205, 1213, 1020].includes(told(error, '').number);
}

/** Two programs made the same database, table or column at once; the loser looks again. */
export function lostCreateRace(error: SinkError): boolean {
  return [1007, 1050, 1060, 1684].includes(numberOf(error));
}

/** Two transactions waited for each other, or MariaDB saw that a row had changed under one of them. */
export function isDeadlock(error: SinkError): boolean {
  return [1020, 1213].includes(numberOf(error));
}

/** Too many columns, or a row of them no page could hold. */
export function isColumnLimit(error: SinkError): boolean {
  return [1117, 1118, 1074].includes(numberOf(error));
}
