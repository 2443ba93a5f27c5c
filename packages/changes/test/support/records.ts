// Records for the tests: hand-made ones, and those of the fixtures. It expects nothing.
import { readFileSync } from 'node:fs';
import { type CodecExample, type Decoded, dynamodbCodec, type RawRecord, type RowChange, rawRecord } from '../../src/index.ts';

export const sequence = '49680419840139745950128056240655640636750532586263019522';

export function recordOf(content: unknown, place: { readonly sequence?: string; readonly subSequence?: number } = {}): RawRecord {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return rawRecord({ bytes: new TextEncoder().encode(text), sequence, ...place });
}

export function exampleOf({ text, ...place }: CodecExample): RawRecord {
  return rawRecord({ ...place, bytes: Buffer.from(text) });
}

/** Where a record lies, for another one in its place. */
export function placeOf({ sequence: place, partitionKey, shard }: RawRecord): Omit<Parameters<typeof rawRecord>[0], 'bytes'> {
  return { sequence: place, partitionKey, ...(shard && { stream: shard.stream }) };
}

/** A record as DynamoDB writes it, milliseconds; `change` goes into `dynamodb`. */
export function change(parts: { readonly eventName?: unknown; readonly change?: object; readonly record?: object } = {}): object {
  return {
    awsRegion: 'eu-west-1',
    eventID: 'b015b5f0-c095-4b50-8ad0-4279aa3d88c6',
    eventName: 'INSERT',
    userIdentity: null,
    recordFormat: 'application/json',
    tableName: 'orders',
    dynamodb: { ApproximateCreationDateTime: 1720740233012, Keys: { id: { S: 'a' } }, NewImage: { id: { S: 'a' } }, SizeBytes: 6, ...parts.change },
    eventSource: 'aws:dynamodb',
    ...('eventName' in parts ? { eventName: parts.eventName } : {}),
    ...parts.record,
  };
}

/** An insert of this item, whose text is JSON already: the tests care for digits and duplicate names. */
export function insertOf(image: string): RawRecord {
  const text = JSON.stringify(change({ change: { NewImage: '@' } }));
  return recordOf(text.replace('"@"', () => image));
}

export function onlyEvent(decoded: Decoded): RowChange {
  if (decoded.kind !== 'changes') throw new Error(`expected a change: ${JSON.stringify(decoded)}`);
  const [event, ...others] = decoded.events;
  if (event === undefined || event.kind === 'truncate' || others.length > 0) throw new Error('expected one change of a row');
  return event;
}

export function decodeInsert(image: string): RowChange {
  return onlyEvent(dynamodbCodec.decode(insertOf(image)));
}

function fixture(path: string): string {
  return readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8');
}

export const opslog: readonly string[] = fixture('pipelines/dynamodb-opslog.jsonl').trim().split('\n');
export const allKindsItem: string = fixture('pipelines/dynamodb-item-all-kinds.json');

interface LocalStackCase {
  readonly name: string;
  readonly records: readonly { readonly partitionKey: string; readonly sequenceNumber: string; readonly dataBase64: string }[];
}

/** The records of one LocalStack case, byte for byte. */
export function localStack(name: string): readonly RawRecord[] {
  const found = localStackCases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found.records.map(({ partitionKey, sequenceNumber, dataBase64 }) =>
    rawRecord({ bytes: Buffer.from(dataBase64, 'base64'), sequence: sequenceNumber, partitionKey }),
  );
}

export const localStackCases: readonly LocalStackCase[] = JSON.parse(fixture('localstack/dynamodb-kinesis-cdc.json')).cases;
export const realRecords: readonly RawRecord[] = [...opslog.map((line) => recordOf(line)), ...localStackCases.flatMap(({ name }) => localStack(name))];
