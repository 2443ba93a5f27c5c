// Values as BSON, and which of two BSON values are one `_id`. Numbers become what holds them exactly: an int, a long, a double,
// a Decimal128, else their digits as text. It knows no document and no server.
import { compareMembers, ExactNumber, type Image, normalNumber, type Value, ValueSet } from '@shardfold/changes';
import type { Decimal128 } from 'mongodb';
import { base64 } from '../base64.ts';
import type { RowCode } from '../row-fault.ts';

/** Why MongoDB cannot hold a value; thrown and caught within this folder. */
export class Unstorable extends Error {
  readonly code: RowCode;
  constructor(code: RowCode, message: string) {
    super(message);
    this.name = 'Unstorable';
    this.code = code;
  }
}

/** Makes BSON of one row after another. */
export interface ValueWriter {
  /** The driver's own, which is loaded late. */
  readonly decimal128: (digits: string) => Decimal128;
  /** About how many bytes of BSON were made since somebody set it to 0. */
  size: number;
  /** Names that were found good, with what each adds to the size: rows of a table share theirs. */
  readonly names: Map<string, number>;
}

export function newWriter(decimal128: ValueWriter['decimal128']): ValueWriter {
  return { decimal128, size: 0, names: new Map() };
}

const minInt32 = -(2 ** 31);
const maxInt32 = 2 ** 31 - 1;
const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;
/** More digits than any double prints. */
const maxDoubleDigits = 17;
const maxDecimalDigits = 34;
/** Rows whose names are data would fill it without end. */
const maxNames = 1_000;
/** Whatever a field costs beside its name and text. */
const fieldBytes = 16;
/** Half of a surrogate pair: no text that BSON holds begins with it. */
const noText = '\ud800';
/** Beyond it, characters are no measure of bytes. */
const shortText = 200;

interface Digits {
  readonly sign: string;
  /** Without zeros at either end. */
  readonly significant: string;
  /** Power of ten of the last one. */
  readonly exponent: number;
}

/** Of a number in normal form. */
function digitsOf(normal: string): Digits {
  const sign = normal.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = normal.slice(sign.length).split('.');
  const all = whole + fraction;
  let from = 0;
  let to = all.length;
  while (from < to && all[from] === '0') from += 1;
  while (to > from && all[to - 1] === '0') to -= 1;
  return { sign, significant: all.slice(from, to), exponent: all.length - to - fraction.length };
}

function doubleHolds(normal: string): boolean {
  const double = Number(normal);
  return Number.isFinite(double) && normalNumber(String(double)) === normal;
}

/** A number that may be too long or too precise for a double. */
function exactNumber(normal: string, writer: ValueWriter): number | bigint | Decimal128 | string {
  if (!normal.includes('.')) {
    const integer = BigInt(normal);
    if (integer >= minInt64 && integer <= maxInt64) return integer >= minInt32 && integer <= maxInt32 ? Number(integer) : integer;
  }
  const { sign, significant, exponent } = digitsOf(normal);
  if (significant.length <= maxDoubleDigits && doubleHolds(normal)) return Number(normal);
  return significant.length <= maxDecimalDigits ? writer.decimal128(`${sign}${significant}E${exponent}`) : normal;
}

/** One number is one BSON value, however the source wrote it. */
export function bsonNumber(value: number | bigint | ExactNumber, writer: ValueWriter): number | bigint | Decimal128 | string {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return value;
    if (value >= minInt32 && value <= maxInt32) return value + 0;
    return Number.isSafeInteger(value) ? BigInt(value) : exactNumber(normalNumber(String(value)), writer);
  }
  return exactNumber(typeof value === 'bigint' ? value.toString() : normalNumber(value.digits), writer);
}

/** Throws `Unstorable`: the driver would write U+FFFD for a lone surrogate, in silence. */
export function checkedText(text: string, writer: ValueWriter): string {
  if (!text.isWellFormed()) throw new Unstorable('NOT_UNICODE', 'A text holds half of a surrogate pair, which UTF-8 cannot hold.');
  writer.size += text.length < shortText ? text.length : Buffer.byteLength(text);
  return text;
}

/** Throws `Unstorable`. */
function checkName(name: string, writer: ValueWriter): void {
  const known = writer.names.get(name);
  if (known !== undefined) {
    writer.size += known;
    return;
  }
  const before = writer.size;
  checkedText(name, writer);
  writer.size += fieldBytes;
  if (name.includes('\u0000'))
    throw new Unstorable('NUL_IN_NAME', `The name ${JSON.stringify(name.slice(0, 80))} holds NUL, which BSON cannot hold in a name.`);
  if (name === '_bsontype') throw new Unstorable('NAME_RESERVED', 'An attribute is called "_bsontype", a name that the MongoDB driver needs itself.');
  if (writer.names.size < maxNames) writer.names.set(name, writer.size - before);
}

/** As an own field, whatever its name. Throws `Unstorable`. */
export function setField(fields: Record<string, unknown>, name: string, value: Value, writer: ValueWriter): void {
  checkName(name, writer);
  setOwn(fields, name, bsonValue(value, writer));
}

function setOwn(fields: Record<string, unknown>, name: string, bson: unknown): void {
  if (name === '__proto__') Object.defineProperty(fields, name, { value: bson, enumerable: true, configurable: true, writable: true });
  else fields[name] = bson;
}

/**
 * What the driver writes as the value: lists and objects of which nothing changes are the value's own. Throws `Unstorable`, and
 * `RangeError` for digits that are none.
 */
export function bsonValue(value: Value, writer: ValueWriter): unknown {
  if (typeof value === 'string') return checkedText(value, writer);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber) return bsonNumber(value, writer);
  if (value instanceof Uint8Array) {
    writer.size += value.length;
    return value;
  }
  if (value instanceof ValueSet) return bsonList([...value.values].sort(compareMembers), writer);
  return Array.isArray(value) ? bsonList(value, writer) : bsonObject(value, writer);
}

/** The object itself unless a value of it changes: most rows that came as JSON have none that does, and copies are what costs. */
export function bsonObject(value: Image, writer: ValueWriter): Readonly<Record<string, unknown>> {
  let copy: Record<string, unknown> | undefined;
  // Over names in place of a list of them: the engine then knows where each value is.
  for (const name in value) {
    const own = value[name] ?? null;
    checkName(name, writer);
    const bson = bsonValue(own, writer);
    if (copy === undefined && !Object.is(bson, own)) copy = fieldsBefore(value, name);
    if (copy !== undefined) setOwn(copy, name, bson);
  }
  return copy ?? value;
}

function fieldsBefore(value: Image, end: string): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name in value) {
    if (name === end) break;
    setOwn(fields, name, value[name]);
  }
  return fields;
}

function bsonList(values: readonly Value[], writer: ValueWriter): readonly unknown[] {
  writer.size += values.length * fieldBytes;
  let copy: unknown[] | undefined;
  for (let index = 0; index < values.length; index += 1) {
    const own = values[index] ?? null;
    const bson = bsonValue(own, writer);
    if (copy !== undefined) copy.push(bson);
    else if (!Object.is(bson, own)) copy = [...values.slice(0, index), bson];
  }
  return copy ?? values;
}

/** What the driver answers for numbers and bytes that JavaScript has no type for. */
function wrapped(value: object): string | undefined {
  if (!('_bsontype' in value)) return undefined;
  if (value._bsontype === 'Binary' && 'buffer' in value && value.buffer instanceof Uint8Array) return `x${base64(value.buffer)}`;
  return `n${numberText(String(value))}`;
}

function numberText(text: string): string {
  try {
    return normalNumber(text);
  } catch {
    return text;
  }
}

/**
 * The same text for what the server takes for the same `_id`, whether it is on its way there or comes from there: a text's own,
 * and for all else one that no text is.
 */
export function idText(id: unknown): string {
  return typeof id === 'string' ? id : `${noText}${otherIdText(id)}`;
}

function otherIdText(id: unknown): string {
  if (typeof id === 'number' || typeof id === 'bigint') return `n${numberText(String(id))}`;
  if (typeof id !== 'object' || id === null) return `p${String(id)}`;
  if (id instanceof Uint8Array) return `x${base64(id)}`;
  const entries = id instanceof Map ? [...id] : Object.entries(id);
  return wrapped(id) ?? `m${JSON.stringify(entries.map(([name, value]) => [name, idText(value)]))}`;
}
