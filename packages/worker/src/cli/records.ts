// A line of input to the records in it: the record itself as text or base64, or a Kinesis answer or Lambda event around it. It
// knows no format of a record.
import { type RawRecord, rawRecord } from '@shardfold/changes';
import type { Line } from './lines.ts';

const notBase64 = /[^A-Za-z0-9+/]/;
const digits = /^\d{1,56}$/;

/** Looks at each character once, whatever its length. */
function isBase64(text: string): boolean {
  const end = text.search(notBase64);
  return text !== '' && text.length % 4 === 0 && (end === -1 || ['=', '=='].includes(text.slice(end)));
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Seconds since 1970 in Lambda's and the service's own form, a time as text in the AWS command line's. */
function arrivalMs(value: unknown): number {
  const ms = typeof value === 'number' ? Math.round(value * 1_000) : typeof value === 'string' ? Date.parse(value) : 0;
  return Number.isFinite(ms) ? ms : 0;
}

interface Origin {
  /** The line's. */
  readonly number: number;
  /** As the caller says. */
  readonly stream: string | undefined;
}

/** As the caller says, else as a Lambda event does. */
function streamOf(value: unknown, stream: string | undefined): { readonly stream?: string } {
  const told = stream ?? (isObject(value) ? text(value.eventSourceARN) : undefined);
  return told === undefined ? {} : { stream: told };
}

/** Undefined when the value wraps no record. */
function unwrapped(value: unknown, { number, stream }: Origin): RawRecord | undefined {
  const inner = isObject(value) && isObject(value.kinesis) ? value.kinesis : value;
  if (!isObject(inner)) return undefined;
  const data = text(inner.data) ?? text(inner.Data);
  const sequence = text(inner.sequenceNumber) ?? text(inner.SequenceNumber);
  if (data === undefined || sequence === undefined || !(data === '' || isBase64(data))) return undefined;
  return rawRecord({
    bytes: Buffer.from(data, 'base64'),
    sequence: digits.test(sequence) ? sequence : String(number),
    arrivalMs: arrivalMs(inner.approximateArrivalTimestamp ?? inner.ApproximateArrivalTimestamp),
    partitionKey: text(inner.partitionKey) ?? text(inner.PartitionKey) ?? '',
    ...streamOf(value, stream),
  });
}

/** A record of DynamoDB Streams is its own payload, also in a Lambda event. Undefined: it is none. */
function change(value: unknown, { number, stream }: Origin): RawRecord | undefined {
  if (!isObject(value) || value.eventSource !== 'aws:dynamodb' || !isObject(value.dynamodb)) return undefined;
  const sequence = text(value.dynamodb.SequenceNumber);
  return rawRecord({
    bytes: Buffer.from(JSON.stringify(value)),
    sequence: sequence !== undefined && digits.test(sequence) ? sequence : String(number),
    ...streamOf(value, stream),
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** A record that stands for itself has the line's number as its sequence. Empty lines hold none. */
export function recordsOf(line: Extract<Line, { kind: 'line' }>, stream: string | undefined): readonly RawRecord[] {
  const origin = { number: line.number, stream };
  const asText = Buffer.from(line.bytes).toString('utf8').trim();
  if (asText === '') return [];
  if (asText.startsWith('{')) {
    const value = parsed(asText);
    const isEvent = isObject(value) && Array.isArray(value.Records);
    const many: readonly unknown[] = isEvent ? (value.Records as readonly unknown[]) : [value];
    const records = many.map((each) => unwrapped(each, origin) ?? (isEvent ? change(each, origin) : undefined)).filter((each) => each !== undefined);
    if (records.length === many.length) return records;
  }
  const bytes = isBase64(asText) ? Buffer.from(asText, 'base64') : line.bytes;
  return [rawRecord({ bytes, sequence: String(line.number), ...streamOf(undefined, stream) })];
}
