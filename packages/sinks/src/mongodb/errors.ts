// Sorts whatever MongoDB, FerretDB, the driver or the network throws or reports. It runs nothing and retries nothing.
import type { SortedError } from '../land.ts';
import { thrownText } from '../thrown-text.ts';
import { isTlsProblem } from '../tls-problem.ts';
import { SinkError, type SinkErrorCode } from '../types.ts';
import { packedState } from './sqlstate.ts';

interface Sorted {
  readonly code: SinkErrorCode;
  readonly retryable: boolean;
  readonly remedy: string;
}

const unreachable: Sorted = {
  code: 'SINK_UNREACHABLE',
  retryable: true,
  remedy: 'It is retried. Check that the server runs, has a primary and can be reached.',
};
const busy: Sorted = { code: 'SINK_BUSY', retryable: true, remedy: 'It is retried. If it goes on, look for locks, limits and full disks on the server.' };
const readOnly: Sorted = {
  code: 'SINK_READ_ONLY',
  retryable: true,
  remedy: 'It is retried. Point the url at the primary or the whole replica set, or let the server take writes.',
};
const denied: Sorted = {
  code: 'SINK_DENIED',
  retryable: false,
  remedy: 'Writing waits until that is mended. Correct the credentials, the TLS settings or the roles of the url’s user.',
};
const misconfigured: Sorted = { ...denied, remedy: 'Writing waits until that is mended. Correct the url.' };
const missing: Sorted = {
  code: 'SINK_TABLE_MISSING',
  retryable: false,
  remedy: 'Writing to it waits until it is opened again. Somebody dropped it: create it again.',
};
const mismatch: Sorted = {
  code: 'SINK_TABLE_MISMATCH',
  retryable: false,
  remedy: 'Writing to it waits until that is mended. It must be an ordinary collection, and if it is sharded, sharded by _id.',
};
const closed: Sorted = { code: 'SINK_CLOSED', retryable: false, remedy: 'The sink was closed; nothing was written.' };
const internal: Sorted = { code: 'SINK_UNEXPECTED', retryable: true, remedy: 'It is retried. Look into the server’s log.' };
const unexpected: Sorted = { code: 'SINK_UNEXPECTED', retryable: false, remedy: 'Writing waits until that is mended. Report it with the message.' };

function each(codes: readonly number[], sorted: Sorted): [number, Sorted][] {
  return codes.map((code) => [code, sorted]);
}

/** What the server says by number. A number that is not here is the row's where a row was named, else unexpected. */
const byNumber: ReadonlyMap<number, Sorted> = new Map([
  ...each([1, 8, 77, 82, 83, 96, 125], internal),
  ...each([6, 7, 63, 89, 91, 133, 145, 149, 150, 172, 189, 190, 199, 216, 249, 279, 303, 317, 372, 384, 398, 9001, 11_600, 11_602, 13_388], unreachable),
  ...each([24, 43, 46, 50, 64, 70, 79, 100, 107, 112, 117, 134, 143, 146, 175, 200, 202, 208, 215, 237, 239, 246, 250, 251, 261, 262], busy),
  ...each([264, 267, 272, 276, 285, 290, 314, 319, 338, 342, 343, 355, 358, 363, 365, 388, 402, 406, 407, 412, 433, 449, 450, 462], busy),
  ...each([12_501, 12_586, 12_587, 14_031, 16_500, 46_841], busy),
  ...each([371, 10_107, 13_435, 13_436], readOnly),
  ...each([11, 13, 18, 334, 391, 8000], denied),
  ...each([26], missing),
  ...each([61, 73, 166], mismatch),
]);

/** SQLSTATEs by their class, of the store behind FerretDB. Those that begin with M are of the extension's own making. */
const byStateClass: Readonly<Record<string, Sorted | 'row'>> = {
  '08': unreachable,
  '21': 'row',
  '22': 'row',
  '23': 'row',
  '25': readOnly,
  '26': internal,
  '28': denied,
  '3D': internal,
  '3F': internal,
  '40': busy,
  '42': unexpected,
  '53': busy,
  '54': 'row',
  '55': busy,
  '57': unreachable,
  '58': busy,
  XX: internal,
};

/** By what the driver calls its errors. */
const byName: Readonly<Record<string, Sorted>> = {
  MongoServerSelectionError: unreachable,
  MongoNetworkError: unreachable,
  MongoNetworkTimeoutError: unreachable,
  MongoPoolClearedError: unreachable,
  MongoOperationTimeoutError: unreachable,
  MongoWriteConcernError: busy,
  MongoWaitQueueTimeoutError: { ...busy, remedy: 'It is retried. Every connection was in use for too long: raise poolMax, or look for slow writes.' },
  MongoClientClosedError: closed,
  MongoTopologyClosedError: closed,
  MongoPoolClosedError: closed,
  MongoServerClosedError: closed,
  MongoNotConnectedError: closed,
  MongoExpiredSessionError: closed,
  MongoParseError: misconfigured,
  MongoAPIError: misconfigured,
  MongoInvalidArgumentError: misconfigured,
  MongoMissingCredentialsError: denied,
  MongoMissingDependencyError: misconfigured,
  MongoCompatibilityError: { ...misconfigured, remedy: 'Writing waits until that is mended. Use MongoDB 5.0 or newer.' },
};

/** FerretDB says so under the number for anything internal. */
const storeGone = /terminating connection|Connection refused|starting up|shutting down|server closed the connection|Is the server running/i;
const networkCode = /^(E[A-Z]+_?[A-Z]*|UND_ERR_\w+)$/;

function field(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null && name in error ? Reflect.get(error, name) : undefined;
}

/** A number that has a name is MongoDB's own. */
function stateOf(error: unknown, isFerretDb: boolean): string | undefined {
  const code = field(error, 'code');
  return isFerretDb && typeof code === 'number' && field(error, 'codeName') === undefined ? packedState(code) : undefined;
}

function byState(state: string | undefined): Sorted | 'row' | undefined {
  return state?.startsWith('M') === true ? 'row' : byStateClass[state?.slice(0, 2) ?? ''];
}

/** These are a document's fault even where no document was named. */
const rowNumbers = new Set([2, 14, 15, 28, 52, 53, 56, 57, 66, 121, 171, 10_334, 11_000, 11_001, 16_755, 16_756, 17_280]);

function messageOf(error: unknown): string {
  const message = field(error, 'message') ?? field(error, 'errmsg');
  return typeof message === 'string' && message !== '' ? message : thrownText(error);
}

/** A url, or what of it tells who may come in, must not get into a log. */
function withoutSecrets(message: string): string {
  return message.replaceAll(/\/\/\S*@/g, '//…@');
}

function sinkError({ code, retryable, remedy }: Sorted, message: string, number: unknown, cause: unknown): SortedError {
  const shown = number === undefined ? '' : ` (${String(number)})`;
  const error = new SinkError(code, `MongoDB: ${withoutSecrets(message)}${shown}. ${remedy}`, { retryable, ...(code === 'SINK_DENIED' ? {} : { cause }) });
  return { kind: 'sink', error };
}

export interface Circumstances {
  /** The server named the row, so what is unknown is the row's. */
  readonly named?: boolean;
  /** The server is a FerretDB. */
  readonly isFerretDb?: boolean;
}

/**
 * Total: any thrown value, and any member of `writeErrors`, becomes a row's fault or a `SinkError`, which keeps the value as its
 * cause unless it may tell a secret.
 */
export function sortMongoError(error: unknown, { named = false, isFerretDb = false }: Circumstances = {}): SortedError {
  if (error instanceof SinkError) return { kind: 'sink', error };
  const called = field(error, 'name');
  const name = typeof called === 'string' ? called : '';
  const message = messageOf(error);
  const code = field(error, 'code');
  if (name.startsWith('BSON')) return { kind: 'row', error: { code: name, message } };
  // The driver wraps a broken connection as a failed bulk, without a number and without a row.
  const failures = [field(error, 'writeErrors') ?? []].flat();
  if (name === 'MongoBulkWriteError' && code === undefined && failures.length === 0) return sinkError(unreachable, message, undefined, error);
  if (typeof code === 'number') {
    const said = code === 1 && storeGone.test(message) ? unreachable : (byState(stateOf(error, isFerretDb)) ?? byNumber.get(code));
    const sorted = said ?? (rowNumbers.has(code) || named ? 'row' : undefined);
    if (sorted === 'row') return { kind: 'row', error: { code: String(code), message } };
    return sinkError(sorted ?? byName[name] ?? unexpected, message, code, error);
  }
  if (isTlsProblem(message)) return sinkError(denied, message, undefined, error);
  const known = byName[name] ?? (typeof code === 'string' && networkCode.test(code) ? unreachable : undefined);
  return sinkError(known ?? unexpected, message, code, error);
}

/** What is thrown for a command that belongs to no row. */
export function asSinkError(error: unknown, isFerretDb = false): SinkError {
  const sorted = sortMongoError(error, { isFerretDb });
  if (sorted.kind === 'sink') return sorted.error;
  return new SinkError('SINK_UNEXPECTED', `MongoDB: ${sorted.error.message} (${sorted.error.code}). ${unexpected.remedy}`, { retryable: false, cause: error });
}

/** Two writers met at one document: sent again at once, it goes through. FerretDB says it as a deadlock of its store. */
export function isCollision(error: unknown, isFerretDb: boolean): boolean {
  return field(error, 'code') === 112 || stateOf(error, isFerretDb)?.startsWith('40') === true || isDuplicateId(error);
}

/** Two upserts of one `_id` met; another unique index is the row's matter. */
export function isDuplicateId(error: unknown): boolean {
  if (field(error, 'code') !== 11_000) return false;
  const keyPattern = field(error, 'keyPattern');
  if (typeof keyPattern === 'object' && keyPattern !== null) return Object.keys(keyPattern).join() === '_id';
  return /index: _id_\b|Index '_id_'/.test(messageOf(error));
}

/** Another program made the same collection or index a moment ago, perhaps with another retention. */
export function alreadyThere(error: unknown): boolean {
  return [48, 68, 85, 86].includes(Number(field(field(error, 'cause') ?? error, 'code')));
}
