// From a record of one of DynamoDB's two streams to its change. What differs between the two is a dialect's; what a record is made
// of is found in its text where it is as DynamoDB writes it (`scan/`), and in the parsed tree where it is not. Both give the same.
import { isObject, quoted, readJson, readNumbersAsText, type Undecodable, undecodable } from '../records/json.ts';
import { rowChange } from '../records/row-change.ts';
import type { Codec, Decoded, Key, RawRecord, RowChange, RowImage, Version } from '../types.ts';
import { compareBytewise } from '../values/order.ts';
import { type Attribute, type Attributes, checkAttributes, type Fault } from './attributes.ts';
import { type ScannedItem, scanRecord } from './scan/record.ts';
import { textRow } from './scan/row.ts';
import { attributesJson } from './text.ts';
import { attributeValue, attributeValues } from './values.ts';

export type Fields = Readonly<Record<string, unknown>>;
export type Stream = 'kinesis' | 'streams';

/** What one of the streams says in its own way. */
export interface Dialect {
  readonly stream: Stream;
  /** Why a record of nobody's, or of the other stream's, is not decoded, and what to do. */
  readonly foreign: string;
  tableOf(tree: Fields, record: RawRecord): string | undefined;
  /** `The DynamoDB record …` */
  readonly noTable: string;
  versionOf(change: Fields, record: RawRecord): Version | undefined;
  readonly noVersion: string;
  /** Why an INSERT or MODIFY may have no image, and what to do. */
  noImage(eventName: string, change: Fields): string;
}

const system = 'aws:dynamodb';
/** Numbers of the record itself, which stay numbers when the attributes' digits are read again. */
const ownNumbers = ['ApproximateCreationDateTime', 'SizeBytes'];

/**
 * Which of the streams writes records like this one: only to Kinesis DynamoDB writes `tableName` and `recordFormat`, and only to its
 * own stream a version, the stream's ARN (for Lambda) or a sequence number. A record with none of them passes for Kinesis'.
 */
export function streamOf(tree: Fields): Stream | undefined {
  if (tree.eventSource !== system) return undefined;
  if (tree.tableName !== undefined || tree.recordFormat !== undefined) return 'kinesis';
  const isStreams =
    tree.eventVersion !== undefined || tree.eventSourceARN !== undefined || (isObject(tree.dynamodb) && tree.dynamodb.SequenceNumber !== undefined);
  return isStreams ? 'streams' : 'kinesis';
}

function isOf(tree: unknown, { stream }: Dialect): tree is Fields {
  return isObject(tree) && streamOf(tree) === stream;
}

function kindOf(eventName: unknown): RowChange['kind'] | undefined {
  if (eventName === 'MODIFY') return 'modify';
  if (eventName === 'INSERT') return 'insert';
  return eventName === 'REMOVE' ? 'remove' : undefined;
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

function treeRow(attributes: Attributes, bytes: number): RowImage {
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
  return isFault(checked) ? checked : treeRow(checked.attributes, checked.bytes);
}

function changed(kind: RowChange['kind'], table: string, key: Key, version: Version, after: RowImage | undefined, before: RowImage | undefined): Decoded {
  return { kind: 'changes', events: [rowChange({ kind, source: { system, table }, key, version, after, before })] };
}

function decodeTree(tree: Fields, record: RawRecord, dialect: Dialect): Decoded | Fault {
  const { eventName, dynamodb: change } = tree;
  const kind = kindOf(eventName);
  if (typeof eventName !== 'string' || kind === undefined)
    return broken(`has an eventName other than INSERT, MODIFY and REMOVE${typeof eventName === 'string' ? ` (${quoted(eventName)})` : ''}`);
  const table = dialect.tableOf(tree, record);
  if (table === undefined) return broken(dialect.noTable);
  if (!isObject(change)) return broken('has no change in dynamodb');
  const version = dialect.versionOf(change, record);
  if (version === undefined) return broken(dialect.noVersion);
  const key = keyOf(change.Keys);
  if (key === undefined) return broken('has no key of text, number or binary in dynamodb.Keys');
  if ('problem' in key) return key;
  const after = kind === 'remove' ? undefined : imageOf(change.NewImage, 'NewImage');
  const before = imageOf(change.OldImage, 'OldImage');
  if (after === undefined && kind !== 'remove') return undecodable('NO_IMAGE', dialect.noImage(eventName, change));
  if (after !== undefined && isFault(after)) return after;
  if (before !== undefined && isFault(before)) return before;
  return changed(kind, table, key, version, after, before);
}

/** Undefined: the parsed tree has to be looked at. */
function decodeText(record: RawRecord, dialect: Dialect): Decoded | undefined {
  const text = record.text();
  const scanned = scanRecord(text);
  if (scanned === undefined) return undefined;
  const { key, newImage, oldImage } = scanned;
  const tree: Fields = scanned.record;
  const kind = kindOf(tree.eventName);
  if (kind === undefined || streamOf(tree) !== dialect.stream) return undefined;
  const table = dialect.tableOf(tree, record);
  const version = dialect.versionOf(scanned.record.dynamodb, record);
  if (table === undefined || version === undefined || (newImage === undefined && kind !== 'remove')) return undefined;
  const row = (item: ScannedItem | undefined): RowImage | undefined => (item === undefined ? undefined : textRow(item, scanned.writtenLength));
  return changed(kind, table, key, version, kind === 'remove' ? undefined : row(newImage), row(oldImage));
}

function decodeParsed(record: RawRecord, dialect: Dialect): Decoded {
  const read = readJson(record);
  if (read.kind === 'undecodable') return read;
  if (!isOf(read.value, dialect)) return undecodable('UNKNOWN_FORMAT', dialect.foreign);
  const decoded = decodeTree(read.value, record, dialect);
  if (!('problem' in decoded)) return decoded;
  if (!decoded.numberToken) return describeFault(decoded);
  const again = readNumbersAsText(record, ownNumbers);
  if (again.kind === 'undecodable' || !isOf(again.value, dialect)) return describeFault(decoded);
  const second = decodeTree(again.value, record, dialect);
  return 'problem' in second ? describeFault(second) : second;
}

/** What the codecs of the two streams share. */
export function dynamodbFormat(dialect: Dialect): Pick<Codec, 'recognises' | 'decode'> {
  return {
    recognises(record) {
      const read = readJson(record);
      return read.kind === 'json' && isOf(read.value, dialect);
    },
    decode: (record) => decodeText(record, dialect) ?? decodeParsed(record, dialect),
  };
}
