// What DynamoDB writes to a Kinesis data stream: one change of one item a record, as JSON with typed attributes. It knows no
// stream service and no target.
import { isObject, quoted, readJson, readNumbersAsText, type Undecodable, undecodable } from '../records/json.ts';
import type { Codec, Decoded, Key, RawRecord, RowChange, RowImage, Version } from '../types.ts';
import { compareBytewise } from '../values/order.ts';
import { streamOrder } from '../values/version.ts';
import { type Attribute, type Attributes, checkAttributes, type Fault } from './attributes.ts';
import { attributesJson } from './text.ts';
import { creationMicros } from './time.ts';
import { attributeValue, attributeValues } from './values.ts';

type Fields = Readonly<Record<string, unknown>>;

const system = 'aws:dynamodb';
const maxNameLength = 255;
/** Numbers of the record itself, which stay numbers when the attributes' digits are read again. */
const ownNumbers = ['ApproximateCreationDateTime', 'SizeBytes'];
const kinds: Readonly<Record<string, 'insert' | 'modify' | 'remove'>> = { INSERT: 'insert', MODIFY: 'modify', REMOVE: 'remove' };

function isOurs(tree: unknown): tree is Fields {
  return isObject(tree) && tree.eventSource === system;
}

function broken(problem: string): Undecodable {
  return undecodable('BROKEN_RECORD', `The DynamoDB record ${problem}; it is not decoded. Check what wrote it: DynamoDB's own records are whole.`);
}

function describeFault({ code, problem, path }: Fault): Undecodable {
  return undecodable(code, `${path.map(quoted).join(' → ')} ${problem}; the record is not decoded. Check what wrote it: DynamoDB itself sends no such value.`);
}

function isFault(checked: object): checked is Fault {
  return 'problem' in checked;
}

function rowImage(attributes: Attributes, bytes: number): RowImage {
  return { bytes, values: () => attributeValues(attributes), json: (policy) => attributesJson(attributes, policy) };
}

/** DynamoDB's keys are text, numbers or binary. */
function isKeyAttribute(attribute: Attribute): boolean {
  return typeof attribute.S === 'string' || attribute.N !== undefined || attribute.B !== undefined;
}

function keyOf(tree: unknown): Key | Fault | undefined {
  const checked = checkAttributes(tree, 'Keys');
  if (isFault(checked)) return checked;
  const named = Object.entries(checked.attributes);
  if (named.length === 0 || !named.every(([, attribute]) => isKeyAttribute(attribute))) return undefined;
  return named.sort(([a], [b]) => compareBytewise(a, b)).map(([name, attribute]) => [name, attributeValue(attribute)] as const);
}

function imageOf(tree: unknown, where: string): RowImage | Fault | undefined {
  if (tree === undefined || tree === null) return undefined;
  const checked = checkAttributes(tree, where);
  return isFault(checked) ? checked : rowImage(checked.attributes, checked.bytes);
}

function versionOf(change: Fields, record: RawRecord): Version | undefined {
  const time = creationMicros(change.ApproximateCreationDateTime, change.ApproximateCreationDateTimePrecision);
  const seq = streamOrder(record, 0);
  return time === undefined || seq === undefined ? undefined : { time, seq };
}

function noImage(eventName: string): Undecodable {
  return undecodable(
    'NO_IMAGE',
    `The ${eventName} record carries no NewImage, so the item is not known and nothing is applied. DynamoDB's Kinesis streaming destination always sends it; with DynamoDB Streams set StreamViewType to NEW_IMAGE or NEW_AND_OLD_IMAGES.`,
  );
}

function decodeTree(tree: Fields, record: RawRecord): Decoded | Fault {
  const { eventName, tableName: table, dynamodb: change } = tree;
  const kind = typeof eventName === 'string' && Object.hasOwn(kinds, eventName) ? kinds[eventName] : undefined;
  if (typeof eventName !== 'string' || kind === undefined)
    return broken(`has an eventName other than INSERT, MODIFY and REMOVE${typeof eventName === 'string' ? ` (${quoted(eventName)})` : ''}`);
  if (typeof table !== 'string' || table === '' || table.length > maxNameLength) return broken('names no table in tableName');
  if (!isObject(change)) return broken('has no change in dynamodb');
  const version = versionOf(change, record);
  if (version === undefined) return broken('has no usable ApproximateCreationDateTime, or the stream gave it no decimal sequence number of at most 56 digits');
  const key = keyOf(change.Keys);
  if (key === undefined) return broken('has no key of text, number or binary in dynamodb.Keys');
  if ('problem' in key) return key;
  const after = kind === 'remove' ? undefined : imageOf(change.NewImage, 'NewImage');
  const before = imageOf(change.OldImage, 'OldImage');
  if (after === undefined && kind !== 'remove') return noImage(eventName);
  if (after !== undefined && isFault(after)) return after;
  if (before !== undefined && isFault(before)) return before;
  const event: RowChange = { kind, source: { system, table }, key, ...(after && { after }), ...(before && { before }), version };
  return { kind: 'changes', events: [event] };
}

function decode(record: RawRecord): Decoded {
  const read = readJson(record);
  if (read.kind === 'undecodable') return read;
  if (!isOurs(read.value)) {
    return undecodable(
      'UNKNOWN_FORMAT',
      'The record is JSON, but its eventSource is not aws:dynamodb; it is not decoded. Choose the format that the stream carries.',
    );
  }
  const decoded = decodeTree(read.value, record);
  if (!('problem' in decoded)) return decoded;
  if (!decoded.numberToken) return describeFault(decoded);
  const again = readNumbersAsText(record, ownNumbers);
  if (again.kind === 'undecodable' || !isOurs(again.value)) return describeFault(decoded);
  const second = decodeTree(again.value, record);
  return 'problem' in second ? describeFault(second) : second;
}

function recognises(record: RawRecord): boolean {
  const read = readJson(record);
  return read.kind === 'json' && isOurs(read.value);
}

/** Records of DynamoDB's Kinesis streaming destination. */
export const dynamodbCodec: Codec = { name: 'dynamodb', recognises, decode };
