// One GetRecords answer: where each record's own JSON lies in the bytes, and the few fields that reading needs. What a change
// means is for whoever decodes the record.
import { ConsumerError } from '../errors.ts';
import { isObject } from '../kinesis/wire/page.ts';

/** `start` and `end`: where its JSON lies in the answer. */
export interface AnsweredRecord {
  readonly sequence: string;
  /** The attributes that are the item's key, as JSON whose names are in order: the same text for the same item. */
  readonly partitionKey: string;
  readonly createdAt: number;
  readonly start: number;
  readonly end: number;
}

export interface Answer {
  readonly records: readonly AnsweredRecord[];
  readonly next: string | undefined;
}

interface Slice {
  readonly start: number;
  readonly end: number;
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBrace = 0x7d;
const closeBracket = 0x5d;
/** Inside the answer's object and inside a list of it. */
const listDepth = 2;

/** Past the string that begins at `at`. */
function stringEnd(json: Uint8Array, at: number): number {
  let end = at + 1;
  while (json[end] !== quote && end < json.length) end += json[end] === backslash ? 2 : 1;
  return end + 1;
}

/** Where the objects of the list called `name` lie in an object. `json` is known to be JSON: nothing is checked. */
function objectsOf(json: Buffer, name: string): readonly Slice[] {
  const slices: Slice[] = [];
  let depth = 0;
  let start = 0;
  let isInList = false;
  let isNamed = false;
  for (let at = 0; at < json.length; at += 1) {
    switch (json[at]) {
      case quote: {
        const end = stringEnd(json, at);
        if (depth === 1) isNamed = json.toString('latin1', at + 1, end - 1) === name;
        at = end - 1;
        break;
      }
      case openBrace:
      case openBracket:
        if (depth === 1) isInList = isNamed && json[at] === openBracket;
        if (depth === listDepth) start = at;
        depth += 1;
        break;
      case closeBrace:
      case closeBracket:
        depth -= 1;
        if (depth === listDepth && isInList) slices.push({ start, end: at + 1 });
        break;
    }
  }
  return slices;
}

function keyText(keys: unknown): string {
  if (!isObject(keys)) return '';
  return JSON.stringify(Object.fromEntries(Object.entries(keys).toSorted(([left], [right]) => (left < right ? -1 : 1))));
}

function recordOf(value: unknown, { start, end }: Slice): AnsweredRecord | undefined {
  const change = isObject(value) ? value.dynamodb : undefined;
  if (!isObject(change) || typeof change.SequenceNumber !== 'string') return undefined;
  const { SequenceNumber: sequence, Keys: keys, ApproximateCreationDateTime: createdAt } = change;
  return { sequence, partitionKey: keyText(keys), createdAt: typeof createdAt === 'number' ? createdAt : 0, start, end };
}

function refusal(what: string): ConsumerError {
  return new ConsumerError(
    'STREAM_UNREACHABLE',
    `GetRecords of DynamoDB Streams gave an answer that cannot be read: ${what}. Nothing of it is used; it is asked for again with growing pauses. If this goes on, look at what stands between this process and the service.`,
    { retryable: true },
  );
}

/** Throws `ConsumerError` STREAM_UNREACHABLE for anything that is not a whole answer. */
export function readAnswer(body: Buffer): Answer {
  let tree: unknown;
  try {
    tree = JSON.parse(body.toString('utf8'));
  } catch {
    throw refusal('it is not JSON');
  }
  if (!isObject(tree)) throw refusal('it is not an object');
  const { Records: values, NextShardIterator: next = null } = tree;
  // Without them, an empty answer would look like the end of the shard.
  if (!Array.isArray(values)) throw refusal('it has no records');
  if (next !== null && typeof next !== 'string') throw refusal('its NextShardIterator is no text');
  const slices = objectsOf(body, 'Records');
  const records = slices.map((slice, index) => recordOf(values[index], slice)).filter((record) => record !== undefined);
  if (records.length !== values.length) throw refusal('a record is without its sequence number');
  return { records, next: next ?? undefined };
}
