// Records of DynamoDB Streams, from the service and from Lambda. Expected results are written by hand from AWS's documentation.
import { describe, expect, it } from 'vitest';
import { dynamodbStreamsCodec } from '../../src/dynamodb-streams/codec.ts';
import { viewTypeOf, viewTypeProblem } from '../../src/dynamodb-streams/view-type.ts';
import { dynamodbCodec, type RawRecord, type RowChange, rawRecord } from '../../src/index.ts';
import { change, onlyEvent, realRecords } from '../support/records.ts';

const exact = { numbers: 'exact', drop: [], rename: {} } as const;
const arn = 'arn:aws:dynamodb:us-east-1:123456789012:table/Orders/stream/2026-05-04T10:11:12.345';
const item = { id: { N: '101' }, big: { N: '12345678901234567890123456789012345678' } };

interface Parts {
  readonly change?: object;
  readonly record?: object;
  readonly stream?: string;
}

/** As the service answers it; Lambda adds `eventSourceARN`. */
function streamsRecord({ change: inner, record, stream }: Parts = {}): RawRecord {
  const tree = {
    awsRegion: 'us-east-1',
    dynamodb: {
      ApproximateCreationDateTime: 1428537600,
      Keys: { id: { N: '101' } },
      NewImage: item,
      SequenceNumber: '4421584500000000017450439091',
      SizeBytes: 26,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
      ...inner,
    },
    eventID: 'c4ca4238a0b923820dcc509a6f75849b',
    eventName: 'INSERT',
    eventSource: 'aws:dynamodb',
    eventVersion: '1.1',
    ...record,
  };
  // The place in the stream is another than the record's own number: nothing may come from it.
  return rawRecord({ bytes: new TextEncoder().encode(JSON.stringify(tree)), sequence: '7', ...(stream !== undefined && { stream }) });
}

const lambda = { eventSourceARN: arn };

function decode(parts: Parts): RowChange {
  return onlyEvent(dynamodbStreamsCodec.decode(streamsRecord({ record: lambda, ...parts })));
}

function errorOf(record: RawRecord): { readonly code: string; readonly message: string } {
  const decoded = dynamodbStreamsCodec.decode(record);
  return decoded.kind === 'undecodable' ? decoded.error : { code: decoded.kind, message: '' };
}

describe('a record of DynamoDB Streams', () => {
  it('is one change, with every digit', () => {
    const event = onlyEvent(
      dynamodbStreamsCodec.decode(streamsRecord({ record: { ...lambda, eventName: 'MODIFY' }, change: { OldImage: { id: { N: '101' } } } })),
    );
    expect({ ...event, after: event.after?.json(exact), before: event.before?.json(exact) }).toEqual({
      kind: 'modify',
      source: { system: 'aws:dynamodb', table: 'Orders' },
      key: [['id', 101]],
      after: '{"id":101,"big":12345678901234567890123456789012345678}',
      before: '{"id":101}',
      version: { time: 1428537600_000_000, seq: '4421584500000000017450439091' },
    });
  });

  it.each<[string, string, object, string, string | undefined, string | undefined]>([
    ['NEW_AND_OLD_IMAGES', 'INSERT', { NewImage: item }, 'insert', '101', undefined],
    ['NEW_AND_OLD_IMAGES', 'MODIFY', { NewImage: item, OldImage: item }, 'modify', '101', '101'],
    ['NEW_AND_OLD_IMAGES', 'REMOVE', { NewImage: undefined, OldImage: item }, 'remove', undefined, '101'],
    ['NEW_IMAGE', 'INSERT', { NewImage: item }, 'insert', '101', undefined],
    ['NEW_IMAGE', 'MODIFY', { NewImage: item }, 'modify', '101', undefined],
    ['NEW_IMAGE', 'REMOVE', { NewImage: undefined }, 'remove', undefined, undefined],
    ['OLD_IMAGE', 'REMOVE', { NewImage: undefined, OldImage: item }, 'remove', undefined, '101'],
    ['KEYS_ONLY', 'REMOVE', { NewImage: undefined }, 'remove', undefined, undefined],
  ])('of %s: %s', (StreamViewType, eventName, images, kind, after, before) => {
    const event = decode({ record: { ...lambda, eventName }, change: { StreamViewType, ...images } });
    expect([event.kind, event.after?.json({ ...exact, drop: ['big'] }), event.before?.json({ ...exact, drop: ['big'] })]).toEqual([
      kind,
      after && `{"id":${after}}`,
      before && `{"id":${before}}`,
    ]);
  });

  it.each([
    ['KEYS_ONLY', 'INSERT', {}],
    ['KEYS_ONLY', 'MODIFY', {}],
    ['OLD_IMAGE', 'INSERT', {}],
    ['OLD_IMAGE', 'MODIFY', { OldImage: item }],
  ])('of %s is refused for %s, and says what to do', (StreamViewType, eventName, images) => {
    const error = errorOf(streamsRecord({ record: { ...lambda, eventName }, change: { NewImage: undefined, StreamViewType, ...images } }));
    expect(error).toEqual({ code: 'NO_IMAGE', message: expect.stringMatching(`${eventName}.*${StreamViewType}.*disable.*NEW_AND_OLD_IMAGES`) });
  });

  it('of time to live is a removal', () => {
    const userIdentity = { principalId: 'dynamodb.amazonaws.com', type: 'Service' };
    expect(decode({ record: { ...lambda, userIdentity, eventName: 'REMOVE' }, change: { NewImage: undefined, OldImage: item } }).kind).toBe('remove');
  });
});

describe('the table', () => {
  it.each([
    [arn, undefined, 'Orders'],
    [arn, 'Other', 'Orders'],
    ['arn:aws-cn:dynamodb:cn-north-1:123456789012:table/a.b-c_1', undefined, 'a.b-c_1'],
    ['arn:aws:dynamodb:ddblocal:000000000000:table/t/stream/x', undefined, 't'],
    [undefined, 'Orders', 'Orders'],
    [undefined, arn, 'Orders'],
    [undefined, 'arn:aws:dynamodb:us-east-1:123456789012:table/Orders', 'Orders'],
    [undefined, undefined, undefined],
    [undefined, '', undefined],
    [undefined, 'arn:aws:kinesis:us-east-1:123456789012:stream/Orders', undefined],
    ['arn:aws:kinesis:us-east-1:123456789012:stream/Orders', 'Orders', undefined],
    ['arn:aws:dynamodb:us-east-1:123456789012:table/', undefined, undefined],
    ['Orders', undefined, undefined],
    [undefined, 'x'.repeat(256), undefined],
  ])('by %s and %s is %s', (eventSourceARN, stream, table) => {
    const record = streamsRecord({ record: { eventSourceARN }, ...(stream !== undefined && { stream }) });
    if (table === undefined) expect(errorOf(record)).toEqual({ code: 'BROKEN_RECORD', message: expect.stringContaining('eventSourceARN') });
    else expect(onlyEvent(dynamodbStreamsCodec.decode(record)).source).toEqual({ system: 'aws:dynamodb', table });
  });
});

describe('the version', () => {
  it.each<[unknown, number | undefined]>([
    [1428537600, 1428537600_000_000],
    [1720740233.012, 1720740233_012_000],
    [1720740233.012995, 1720740233_012_995],
    [1.720740233e9, 1720740233_000_000],
    [0, 0],
    // Milliseconds, from a writer that is not DynamoDB.
    [1720740233012, 1720740233_012_000],
    [-1, undefined],
    [-0.5, undefined],
    [99_999_999_999.5, undefined],
    [1e300, undefined],
    ['1428537600', undefined],
    [null, undefined],
  ])('of %s seconds is of %s µs', (ApproximateCreationDateTime, time) => {
    const parts = { record: lambda, change: { ApproximateCreationDateTime } };
    if (time === undefined) expect(errorOf(streamsRecord(parts)).code).toBe('BROKEN_RECORD');
    else expect(decode(parts).version.time).toBe(time);
  });

  it.each<[unknown, string | undefined]>([
    ['111', '111'],
    ['000000000000000000111', '111'],
    ['0', '0'],
    ['9'.repeat(65), '9'.repeat(65)],
    ['9'.repeat(66), undefined],
    ['', undefined],
    ['12a', undefined],
    ['-1', undefined],
    ['1E2', undefined],
    [111, undefined],
    [undefined, undefined],
  ])('of number %s is %s', (SequenceNumber, seq) => {
    const parts = { record: lambda, change: { SequenceNumber } };
    if (seq === undefined) expect(errorOf(streamsRecord(parts)).code).toBe('BROKEN_RECORD');
    else expect(decode(parts).version.seq).toBe(seq);
  });
});

describe('who wrote a record', () => {
  const service = streamsRecord({ stream: 'Orders' });

  it('is told apart', () => {
    expect([dynamodbStreamsCodec.recognises(service), dynamodbCodec.recognises(service)]).toEqual([true, false]);
    for (const record of realRecords) expect([dynamodbStreamsCodec.recognises(record), dynamodbCodec.recognises(record)]).toEqual([false, true]);
    for (const { text, sequence } of dynamodbStreamsCodec.examples) {
      const record = rawRecord({ bytes: new TextEncoder().encode(text), sequence });
      expect([dynamodbStreamsCodec.recognises(record), dynamodbCodec.recognises(record)]).toEqual([true, false]);
    }
  });

  it('is told by the name of the table before all else', () => {
    const record = streamsRecord({ record: { tableName: 'orders' } });
    expect([dynamodbStreamsCodec.recognises(record), dynamodbCodec.recognises(record)]).toEqual([false, true]);
  });

  it('makes the other codec refuse it, and say which one reads it', () => {
    const other = rawRecord({ bytes: new TextEncoder().encode(JSON.stringify(change())), sequence: '1' });
    expect(errorOf(other)).toEqual({ code: 'UNKNOWN_FORMAT', message: expect.stringContaining('dynamodb.') });
    expect(dynamodbCodec.decode(service)).toMatchObject({ error: { code: 'UNKNOWN_FORMAT', message: expect.stringContaining('dynamodb-streams') } });
  });

  it('is asked by the examples, which decode', () => {
    for (const { text, sequence, stream } of dynamodbStreamsCodec.examples) {
      const event = onlyEvent(
        dynamodbStreamsCodec.decode(rawRecord({ bytes: new TextEncoder().encode(text), sequence, ...(stream !== undefined && { stream }) })),
      );
      expect([event.source.table, event.version.seq]).toEqual(['orders', sequence]);
    }
  });
});

describe('the view type', () => {
  it.each(['NEW_IMAGE', 'NEW_AND_OLD_IMAGES'])('%s is enough', (viewType) => {
    expect(viewTypeProblem(viewType)).toBeUndefined();
  });

  it.each(['KEYS_ONLY', 'OLD_IMAGE', 'ANOTHER', ''])('%s is not, and the message says what to do', (viewType) => {
    expect(viewTypeProblem(viewType)).toMatch(new RegExp(`${viewType}.*NEW_IMAGE or NEW_AND_OLD_IMAGES`));
  });

  it('is read from a record', () => {
    expect(viewTypeOf(streamsRecord({ change: { StreamViewType: 'KEYS_ONLY' } }))).toBe('KEYS_ONLY');
    for (const text of ['', '{', 'null', '{"dynamodb":null}', '{"dynamodb":{"StreamViewType":1}}']) {
      expect(viewTypeOf(rawRecord({ bytes: new TextEncoder().encode(text), sequence: '1' }))).toBeUndefined();
    }
  });
});
