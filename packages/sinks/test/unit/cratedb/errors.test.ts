// How what CrateDB answers is sorted: rows' faults apart from everything that is waited for or stops the program.
import { describe, expect, test } from 'vitest';
import { CrateFailure, isColumnLimit, isNotReady, isUnknownColumn, lostRace, needsRefresh, sortError } from '../../../src/cratedb/errors.ts';
import { SinkError } from '../../../src/index.ts';

type Wanted = { readonly row: string } | { readonly sink: string; readonly retryable: boolean };

const failures: readonly (readonly [status: number, code: number | undefined, message: string, wanted: Wanted])[] = [
  [400, 4000, 'SQLParseException[Cannot cast value `abc` to type `bigint`]', { row: '4000' }],
  [200, 4000, 'SQLParseException[Document contains at least one immense term in field="1"]', { row: '4000' }],
  [400, 4003, 'ColumnValidationException[Validation failed for v]', { row: '4003' }],
  [400, 4008, 'InvalidColumnNameException["a.b" contains a dot]', { row: '4008' }],
  [500, 5000, 'UncheckedIOException[java.io.IOException: can not write type [class java.math.BigInteger]]', { row: '5000' }],
  [500, 5000, 'ClassCastException[class java.lang.String cannot be cast to class java.lang.Number]', { row: '5000' }],
  [500, 5000, 'StreamConstraintsException[Document nesting depth (1001) exceeds the maximum allowed]', { row: '5000' }],
  [413, undefined, '', { row: 'TOO_LARGE' }],
  // Values and names of columns are quoted: no word of theirs counts.
  [400, 4000, 'SQLParseException[Cannot cast value `{"timeout":[5,"2"]}` to type `bigint`]', { row: '4000' }],
  [400, 4000, "SQLParseException['read-only' is too long for the text type of length: 3]", { row: '4000' }],
  [400, 4000, 'SQLParseException["timeout_ms" must not be null]', { row: '4000' }],
  [400, 4000, 'SQLParseException[Cannot cast value `breaker: Job killed, unavailable` to type `bigint`]', { row: '4000' }],
  [400, 4003, 'ColumnValidationException[Validation failed for blocked by: [FORBIDDEN/8/x]: primary shard]', { row: '4003' }],
  [500, 5000, 'ClusterBlockException[blocked by: [FORBIDDEN/8/index write (api)]]', { sink: 'SINK_READ_ONLY', retryable: true }],
  // Whatever is not known to be a row's is the server's.
  ...[
    'IOException[No space left on device]',
    'FileSystemException[/data/x: Too many open files]',
    'OutOfMemoryError[Java heap space]',
    'TranslogException[Failed to write operation]',
    'MasterNotDiscoveredException[null]',
    'NullPointerException[null]',
    'SomethingNewException[can not write type [x]]',
    'rejected execution of blocked by: [FORBIDDEN/8/x]',
  ].map((message) => [500, 5000, message, { sink: 'SINK_BUSY', retryable: true }] as const),
  [503, 5031, 'MasterNotDiscoveredException[null]', { sink: 'SINK_BUSY', retryable: true }],
  [200, undefined, 'IOException[No space left on device]', { sink: 'SINK_BUSY', retryable: true }],
  [400, 4000, "ParsingException[line 1:8: mismatched input 'x']", { sink: 'SINK_UNEXPECTED', retryable: false }],
  [400, 4004, 'UnsupportedFunctionException[Unknown function]', { sink: 'SINK_UNEXPECTED', retryable: false }],
  [400, 4007, "OperationOnInaccessibleRelationException[The relation doesn't support or allow INSERT operations]", { sink: 'SINK_READ_ONLY', retryable: true }],
  [403, 4037, 'ClusterBlockException[blocked by: [RELATION_READ_DELETE_ONLY/12/x]]', { sink: 'SINK_READ_ONLY', retryable: true }],
  [500, 5000, 'ClusterBlockException[blocked by: [SERVICE_UNAVAILABLE/1/state not recovered / initialized]]', { sink: 'SINK_BUSY', retryable: true }],
  [500, 5000, 'CircuitBreakingException[Allocating 2mb failed, breaker would use 1gb]', { sink: 'SINK_BUSY', retryable: true }],
  [500, 5005, 'JobKilledException[Job killed. KILL invoked by user: crate]', { sink: 'SINK_BUSY', retryable: true }],
  [500, 5000, 'UnavailableShardsException[Not enough active copies to meet shard count of [2]]', { sink: 'SINK_BUSY', retryable: true }],
  [500, 5002, 'NoShardAvailableActionException[null]', { sink: 'SINK_BUSY', retryable: true }],
  [404, 4040, 'ShardNotFoundException[no such shard]', { sink: 'SINK_BUSY', retryable: true }],
  [429, 4290, 'RejectedExecutionException[too many]', { sink: 'SINK_BUSY', retryable: true }],
  [404, 4041, "RelationUnknown[Relation 'doc.t' unknown]", { sink: 'SINK_TABLE_MISSING', retryable: false }],
  [404, 4045, "SchemaUnknownException[Schema 'x' unknown]", { sink: 'SINK_TABLE_MISSING', retryable: false }],
  [404, 4043, 'ColumnUnknownException[Column a unknown]', { sink: 'SINK_TABLE_MISMATCH', retryable: false }],
  [401, 4011, "MissingPrivilegeException[Missing 'DML' privilege for user 'u']", { sink: 'SINK_DENIED', retryable: false }],
  [401, undefined, 'password authentication failed', { sink: 'SINK_DENIED', retryable: false }],
  [503, undefined, 'no healthy upstream', { sink: 'SINK_UNREACHABLE', retryable: true }],
  [200, undefined, 'no JSON', { sink: 'SINK_UNEXPECTED', retryable: false }],
];

function outcome(error: unknown): Wanted {
  const sorted = sortError(error);
  return sorted.kind === 'row' ? { row: sorted.error.code } : { sink: sorted.error.code, retryable: sorted.error.retryable };
}

describe('errors', () => {
  test.for(failures)('%d %s %s', ([status, code, message, wanted]) => {
    expect(outcome(new CrateFailure(status, code, message))).toEqual(wanted);
  });

  test.for<[unknown, Wanted]>([
    [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), { sink: 'SINK_UNREACHABLE', retryable: true }],
    [Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), { sink: 'SINK_UNREACHABLE', retryable: true }],
    [Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), { sink: 'SINK_DENIED', retryable: false }],
    [new TypeError('a mistake of ours'), { sink: 'SINK_UNEXPECTED', retryable: false }],
    ['a string', { sink: 'SINK_UNEXPECTED', retryable: false }],
    [undefined, { sink: 'SINK_UNEXPECTED', retryable: false }],
    [new SinkError('SINK_CLOSED', 'closed', { retryable: false }), { sink: 'SINK_CLOSED', retryable: false }],
  ])('%s', ([error, wanted]) => {
    expect(outcome(error)).toEqual(wanted);
  });

  test('what may be done about a failure is seen through the SinkError made of it', () => {
    const as = (code: number, message = ''): SinkError =>
      new SinkError('SINK_UNEXPECTED', 'x', { retryable: false, cause: new CrateFailure(400, code, message) });
    expect([4040, 4041, 4045, 4043].map((code) => isNotReady(as(code)))).toEqual([true, true, true, false]);
    expect([4041, 4043].map((code) => isUnknownColumn(as(code)))).toEqual([false, true]);
    expect([lostRace(as(4093)), lostRace(as(4000, 'The table doc.t already has a column named a')), lostRace(as(4000, 'other'))]).toEqual([true, true, false]);
    expect(isColumnLimit(as(4000, 'Limit of total columns [1000] in table [doc.t] exceeded'))).toBe(true);
  });

  test.for<[code: number, message: string, wanted: boolean]>([
    [5000, 'Invalid UTF-8: Illegal surrogate character 0xd83d', true],
    [5000, 'UncheckedIOException[java.io.IOException: Invalid UTF-8: Illegal surrogate character 0xd83d]', true],
    [4000, 'SQLParseException[Invalid UTF-8: Illegal surrogate character 0xd83d]', true],
    [4000, 'SQLParseException[Cannot cast value `Invalid UTF-8: Illegal surrogate` to type `bigint`]', false],
    [4000, "SQLParseException['Invalid UTF-8: Illegal surrogate' is too long for the text type of length: 3]", false],
    [5000, 'IOException[No space left on device]', false],
  ])('a row that cannot be read before a refresh is told from one that speaks of it: %i %s', ([code, message, wanted]) => {
    expect(needsRefresh(new CrateFailure(200, code, message))).toBe(wanted);
  });
});
