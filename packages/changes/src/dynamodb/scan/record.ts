// Finds in the text of a record what a change needs, and where its items lie. What it gives is what a parsed record would hold; what
// that means is not known here. Whatever it cannot be sure of it leaves to `JSON.parse`.

import { hadEscape, isLoadable, load, odd, pastNumber, pastString, pastValue, standsAt, units, unitsOf } from '../../scan/units.ts';
import type { Key, Value } from '../../types.ts';
import { bytesOfBase64 } from '../../values/base64.ts';
import { closeBrace, colon, comma, doubleQuote, openBrace } from '../../values/characters.ts';
import { maxWrittenDigits, numberValue } from '../../values/numbers.ts';
import { compareBytewise } from '../../values/order.ts';
import { type Cuts, cutsFrom } from './cuts.ts';
import { itemGrowth, pastItem, tagB, tagN, tagS, toValue } from './image.ts';

/** The fields of a record and of its change, without the items. */
export type ScannedRecord = {
  readonly eventName: string | undefined;
  readonly eventVersion: string | undefined;
  readonly eventSource: string | undefined;
  readonly eventSourceARN: string | undefined;
  readonly tableName: string | undefined;
  readonly recordFormat: string | undefined;
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number | undefined;
    readonly ApproximateCreationDateTimePrecision: string | undefined;
    readonly SequenceNumber: string | undefined;
    readonly StreamViewType: string | undefined;
  };
};

export interface Scanned {
  readonly record: ScannedRecord;
  readonly key: Key;
  readonly newImage: ScannedItem | undefined;
  readonly oldImage: ScannedItem | undefined;
  /** How long the text would be with all numbers written out. */
  readonly writtenLength: number;
}

export interface ScannedItem {
  readonly text: string;
  /** Of the new image only: the other's plain JSON is seldom asked for. */
  readonly cuts: Cuts | undefined;
}

/** What may stand in a field: any JSON value, a text without escapes as all of DynamoDB's own are, a number, an item, the change. */
type Content = 'any' | 'text' | 'number' | 'item' | 'newItem' | 'change';

/** A known field by the text that it begins with, and its place among the spans. */
interface Field {
  readonly name: Uint16Array;
  readonly place: number;
  readonly content: Content;
}

/** Where the value of each known field begins and ends; 0 and 0: it was not there. */
interface Spans {
  readonly ends: number[];
  newCuts: Cuts | undefined;
  growth: number;
}

let places = 0;
function field(name: string, content: Content): Field {
  places += 2;
  return { name: unitsOf(`"${name}":`), place: places - 2, content };
}

const eventName = field('eventName', 'text');
const eventVersion = field('eventVersion', 'text');
const eventSource = field('eventSource', 'text');
const eventSourceArn = field('eventSourceARN', 'text');
const tableName = field('tableName', 'text');
const recordFormat = field('recordFormat', 'text');
const change = field('dynamodb', 'change');
const time = field('ApproximateCreationDateTime', 'number');
const precision = field('ApproximateCreationDateTimePrecision', 'text');
const sequence = field('SequenceNumber', 'text');
const viewType = field('StreamViewType', 'text');
const keys = field('Keys', 'item');
const newImage = field('NewImage', 'newItem');
const oldImage = field('OldImage', 'item');
/** In the order in which DynamoDB writes them: the next one is looked for first. Those that nobody wants are there for that. */
const recordFields = [
  field('awsRegion', 'any'),
  field('eventID', 'any'),
  eventName,
  field('userIdentity', 'any'),
  recordFormat,
  tableName,
  change,
  eventSource,
  eventVersion,
  eventSourceArn,
];
const changeFields = [time, keys, newImage, oldImage, sequence, field('SizeBytes', 'any'), viewType, precision];
const unknown = -1;
const noEnds: readonly number[] = new Array<number>(places).fill(0);

/** The known field that begins at `at`: most often the one that follows the last. */
function fieldAt(at: number, fields: readonly Field[], expected: number): number {
  for (let tried = 0; tried < fields.length; tried += 1) {
    const index = expected + tried < fields.length ? expected + tried : expected + tried - fields.length;
    const known = fields[index];
    if (known !== undefined && standsAt(at, known.name)) return index;
  }
  return unknown;
}

function pastContent(text: string, at: number, content: Content, spans: Spans): number {
  switch (content) {
    case 'text': {
      const end = pastString(at);
      return hadEscape(at) ? odd : end;
    }
    case 'number':
      return pastNumber(at);
    case 'item':
    case 'newItem': {
      const end = pastItem(text, at);
      spans.growth += itemGrowth();
      if (content === 'newItem') spans.newCuts = cutsFrom(at);
      return end;
    }
    case 'change':
      return pastFields(text, at, changeFields, spans);
    default:
      return pastValue(at, 0);
  }
}

/** Past a field that nobody knows. With an escape in its name it may be a known one. */
function pastUnknown(at: number): number {
  const end = pastString(at);
  if (end === odd || hadEscape(at) || units[end] !== colon) return odd;
  return pastValue(end + 1, 0);
}

/** Past the known field whose name begins at `at`. Of two of one name the last would count, so they are odd. */
function pastKnown(text: string, at: number, { name, place, content }: Field, spans: Spans): number {
  if (spans.ends[place] !== 0) return odd;
  const from = at + name.length;
  const end = pastContent(text, from, content, spans);
  spans.ends[place] = from;
  spans.ends[place + 1] = end;
  return end;
}

/** Past an object of these fields and of others. */
function pastFields(text: string, at: number, fields: readonly Field[], spans: Spans): number {
  if (units[at] !== openBrace) return odd;
  let next = at;
  let expected = 0;
  for (;;) {
    const index = fieldAt(next + 1, fields, expected);
    const known = fields[index];
    next = known === undefined ? pastUnknown(next + 1) : pastKnown(text, next + 1, known, spans);
    if (next === odd) return odd;
    if (known !== undefined) expected = index + 1;
    const after = units[next];
    if (after === closeBrace) return next + 1;
    if (after !== comma) return odd;
  }
}

/** The key from its attributes, in order; undefined where one is of another type than keys have. */
function keyAt(text: string, at: number): Key | undefined {
  const key: (readonly [name: string, value: Value])[] = [];
  let end = at + 1;
  while (units[end] === doubleQuote) {
    const attribute = pastString(end) + 1;
    const from = attribute + toValue;
    const tag = units[attribute + 2];
    if (units[attribute + 3] !== doubleQuote || (tag !== tagS && tag !== tagN && tag !== tagB)) return undefined;
    const to = pastString(from);
    const content = text.slice(from + 1, to - 1);
    const value = tag === tagN ? numberValue(content) : tag === tagB ? bytesOfBase64(content) : hadEscape(from) ? JSON.parse(text.slice(from, to)) : content;
    key.push([text.slice(end + 1, attribute - 2), value]);
    // Past the attribute's brace, and the comma or the item's brace.
    end = to + 2;
  }
  if (key.length === 0) return undefined;
  return key.length === 1 ? key : key.sort(([a], [b]) => compareBytewise(a, b));
}

function textOf(text: string, { ends }: Spans, { place }: Field): string | undefined {
  const from = ends[place] ?? 0;
  return from === 0 ? undefined : text.slice(from + 1, (ends[place + 1] ?? 0) - 1);
}

function numberOf(text: string, { ends }: Spans, { place }: Field): number | undefined {
  const from = ends[place] ?? 0;
  return from === 0 ? undefined : Number(text.slice(from, ends[place + 1]));
}

function itemOf(text: string, { ends }: Spans, { place }: Field, cuts: Cuts | undefined): ScannedItem | undefined {
  const from = ends[place] ?? 0;
  return from === 0 ? undefined : { text: text.slice(from, ends[place + 1]), cuts };
}

function recordOf(text: string, spans: Spans): ScannedRecord {
  return {
    eventName: textOf(text, spans, eventName),
    eventVersion: textOf(text, spans, eventVersion),
    eventSource: textOf(text, spans, eventSource),
    eventSourceARN: textOf(text, spans, eventSourceArn),
    tableName: textOf(text, spans, tableName),
    recordFormat: textOf(text, spans, recordFormat),
    dynamodb: {
      ApproximateCreationDateTime: numberOf(text, spans, time),
      ApproximateCreationDateTimePrecision: textOf(text, spans, precision),
      SequenceNumber: textOf(text, spans, sequence),
      StreamViewType: textOf(text, spans, viewType),
    },
  };
}

/** Undefined: the text is not quite as DynamoDB writes it, or a parsed record might be refused. */
export function scanRecord(text: string): Scanned | undefined {
  if (!isLoadable(text)) return undefined;
  load(text);
  const spans: Spans = { ends: noEnds.slice(), newCuts: undefined, growth: 0 };
  if (pastFields(text, 0, recordFields, spans) !== text.length) return undefined;
  const writtenLength = text.length + spans.growth;
  if (writtenLength > maxWrittenDigits) return undefined;
  const keysAt = spans.ends[keys.place] ?? 0;
  const key = keysAt === 0 ? undefined : keyAt(text, keysAt);
  if (key === undefined) return undefined;
  const after = itemOf(text, spans, newImage, spans.newCuts);
  return { record: recordOf(text, spans), key, newImage: after, oldImage: itemOf(text, spans, oldImage, undefined), writtenLength };
}
