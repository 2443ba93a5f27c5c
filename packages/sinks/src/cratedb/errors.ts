// Sorts whatever CrateDB or the network says into faults of rows and of the environment. It runs nothing and retries nothing.
import type { SortedError } from '../land.ts';
import { thrownText } from '../thrown-text.ts';
import { isTlsProblem } from '../tls-problem.ts';
import { SinkError, type SinkErrorCode } from '../types.ts';

/** What the server answered in place of a result. `code` is its own number, absent where its answer had none. */
export class CrateFailure extends Error {
  readonly status: number;
  readonly code: number | undefined;
  constructor(status: number, code: number | undefined, message: string) {
    super(message);
    this.name = 'CrateFailure';
    this.status = status;
    this.code = code;
  }
}

interface Sorted {
  readonly code: SinkErrorCode;
  readonly retryable: boolean;
  readonly remedy: string;
}

const unreachable: Sorted = { code: 'SINK_UNREACHABLE', retryable: true, remedy: 'It is retried. Check that the server runs and can be reached.' };
const busy: Sorted = { code: 'SINK_BUSY', retryable: true, remedy: 'It is retried. If it goes on, look for missing nodes, memory and load on the servers.' };
const readOnly: Sorted = {
  code: 'SINK_READ_ONLY',
  retryable: true,
  remedy: 'It is retried. Free disk space, or take the block off the table (blocks.write, blocks.read_only, ALTER TABLE … OPEN).',
};
const denied: Sorted = {
  code: 'SINK_DENIED',
  retryable: false,
  remedy: 'Writing waits until that is mended. Correct the credentials, the TLS settings or the privileges of the url’s user.',
};
const missing: Sorted = {
  code: 'SINK_TABLE_MISSING',
  retryable: false,
  remedy: 'Writing to it waits until it is opened again. Somebody dropped it: create it again.',
};
const mismatch: Sorted = {
  code: 'SINK_TABLE_MISMATCH',
  retryable: false,
  remedy: 'Writing to it waits until it is opened again. Somebody changed the table: give it back the columns that it had.',
};
const unexpected: Sorted = { code: 'SINK_UNEXPECTED', retryable: false, remedy: 'Writing waits until that is mended. Report it with the message.' };

/** `no such shard`. */
const notFound = 4040;
const unknownTable = 4041;
const unknownColumn = 4043;
const unknownSchema = 4045;
const alreadyThere = 4093;

function each(codes: readonly number[], sorted: Sorted): [number, Sorted][] {
  return codes.map((code) => [code, sorted]);
}

/** What the server says by number. 4000 and 5000 mean too many things to be here. */
const byCode: ReadonlyMap<number, Sorted> = new Map([
  [4004, unexpected],
  [4007, readOnly],
  ...each([4010, 4011], denied),
  ...each([4030, 4031, 4032, 4033, 4034, 4035, 4036, 4037], readOnly),
  ...each([notFound, 4046, 4092, 4290], busy),
  ...each([unknownTable, unknownSchema], missing),
  [unknownColumn, mismatch],
]);

/** Numbers of the server's own troubles: 5000 to 5035. */
const serverTrouble = { from: 5_000, below: 6_000 } as const;

/**
 * Messages begin with the exception's class, `Class[…]`; what follows quotes values and names of columns, so words are looked for
 * where the class leaves no room for either.
 */
const exceptionClass = /^[A-Za-z]\w*(Exception|Error)\[/;
const statementOfOurs = /^ParsingException\[/;
const blockedForWrites = /^ClusterBlockException\[blocked by: \[(FORBIDDEN|RELATION_)/;
/** What Java throws over a value that cannot be what it should; everything else under 5000 is no row's: disks, memory, nodes. */
const valueTrouble =
  /^(UncheckedIOException\[java\.io\.IOException: can not write type \[|(ClassCast|NumberFormat|Arithmetic|DateTimeParse|StreamConstraints)Exception\[|StackOverflowError\[)/;
const surrogateTrouble = /Invalid UTF-8|Illegal surrogate/;
/** Where values may be quoted: before anything that could be one. */
const surrogateTroubleFirst = /^(\w+\[)*([\w.]+: )?Invalid UTF-8: Illegal surrogate/;

function sinkError(sorted: Sorted, text: string, cause: unknown): SortedError {
  return {
    kind: 'sink',
    error: new SinkError(sorted.code, `CrateDB: ${text}. ${sorted.remedy}`, { retryable: sorted.retryable, cause }),
  };
}

/** Also where the answer has no number, but is an exception all the same. */
function isServerTrouble({ code, message }: CrateFailure): boolean {
  return code === undefined ? exceptionClass.test(message) : code >= serverTrouble.from && code < serverTrouble.below;
}

function sortFailure(failure: CrateFailure): SortedError {
  const { status, code, message } = failure;
  const text = code === undefined ? `${message} (HTTP ${status})` : `${message} (${code})`;
  const known = code === undefined ? undefined : byCode.get(code);
  if (known !== undefined) return sinkError(known, text, failure);
  if (statementOfOurs.test(message)) return sinkError(unexpected, text, failure);
  if (status === 401 || status === 403) return sinkError(denied, text, failure);
  if (isServerTrouble(failure)) {
    if (blockedForWrites.test(message)) return sinkError(readOnly, text, failure);
    if (!valueTrouble.test(message)) return sinkError(busy, text, failure);
  } else if (code === undefined && status !== 413) return sinkError(status >= 502 ? unreachable : unexpected, text, failure);
  // A statement that is refused as a whole is halved, so that the row is named only after it failed alone.
  return {
    kind: 'row',
    error: { code: status === 413 ? 'TOO_LARGE' : String(code), message: message === '' ? 'The row is larger than the server takes.' : message },
  };
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Total: a row's fault is data, everything else is the environment's and thrown. */
export function sortError(error: unknown): SortedError {
  if (error instanceof SinkError) return { kind: 'sink', error };
  if (error instanceof CrateFailure) return sortFailure(error);
  const message = thrownText(error);
  const code = codeOf(error);
  const text = [message, code].filter((part) => part !== '').join(' ');
  if (isTlsProblem(text)) return sinkError(denied, text, error);
  // Whatever else has a code was said by the machine's network.
  return sinkError(code === '' ? unexpected : unreachable, text, error);
}

/** What is thrown for a statement that belongs to no row. */
export function asSinkError(error: unknown): SinkError {
  const sorted = sortError(error);
  if (sorted.kind === 'sink') return sorted.error;
  const { code, message } = sorted.error;
  return new SinkError('SINK_UNEXPECTED', `CrateDB: ${message} (${code}). ${unexpected.remedy}`, { retryable: false, cause: error });
}

function failureOf(error: unknown): CrateFailure | undefined {
  if (error instanceof CrateFailure) return error;
  return error instanceof SinkError && error.cause instanceof CrateFailure ? error.cause : undefined;
}

/** A table that is there is unknown for a while after its node started, and its shards after it was made. */
export function isNotReady(error: unknown): boolean {
  const code = failureOf(error)?.code;
  return code === unknownTable || code === unknownSchema || code === notFound;
}

export function isUnknownColumn(error: unknown): boolean {
  return failureOf(error)?.code === unknownColumn;
}

/** Another program made the same table or column first. */
export function lostRace(error: unknown): boolean {
  const failure = failureOf(error);
  return failure?.code === alreadyThere || /already has a column named/.test(failure?.message ?? '');
}

export function isColumnLimit(error: unknown): boolean {
  return /Limit of total columns/.test(failureOf(error)?.message ?? '');
}

/** Rows whose names have characters beyond the BMP cannot be read by key before the next refresh. */
export function needsRefresh(failure: CrateFailure): boolean {
  return (isServerTrouble(failure) ? surrogateTrouble : surrogateTroubleFirst).test(failure.message);
}
