// CrateDB's types: which ones columns are made of, and which values a column takes as they are. The server rounds, cuts and
// converts without a word, so whatever a type would change is kept from its column. It knows no table.
import { ExactNumber, normalNumber, type Value, ValueSet, valueToJson } from '@shardfold/changes';
import { base64 } from '../base64.ts';
import type { ColumnKind, NewKind } from '../columns/kinds.ts';
import type { RowCode } from '../row-fault.ts';
import { digitsOfKey } from '../sql/key.ts';
import type { KeyColumn } from '../sql/shape.ts';
import type { KeyType } from '../types.ts';

/** Text that may be longer than the server can index. */
export const longText = 'TEXT INDEX OFF STORAGE WITH (columnstore = false)';
/** Its attributes are kept as they are, whatever their types. OBJECT(DYNAMIC) loses data in guarded upserts. */
export const plainObject = 'OBJECT(IGNORED)';
/** An indexed text's UTF-8 bytes. */
const maxTextBytes = 32_766;

interface KeyTypeRule {
  readonly ddl: string;
  /** Over the type as `information_schema` says it. */
  readonly fits: RegExp;
}

const integers = 'bigint|integer|smallint';
const texts = 'text(?:\\(\\d+\\))?';

/** A number's digits in their one normal form: no number type of the server keeps DynamoDB's 38 digits on either side of the point. */
export const keyTypes: Readonly<Record<KeyType, KeyTypeRule>> = {
  text: { ddl: 'TEXT', fits: new RegExp(`^${texts}$`) },
  number: { ddl: 'TEXT', fits: new RegExp(`^(${texts}|${integers})$`) },
  integer: { ddl: 'BIGINT', fits: new RegExp(`^(${texts}|${integers})$`) },
  binary: { ddl: 'TEXT', fits: new RegExp(`^${texts}$`) },
  boolean: { ddl: 'BOOLEAN', fits: /^boolean$/ },
};

/** What columns are made of: binary becomes text, and lists find no column. */
export const newColumnTypes: Readonly<Record<NewKind, string>> = {
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  number: 'DOUBLE PRECISION',
  text: 'TEXT',
  binary: 'TEXT',
  json: plainObject,
};

const kinds: Readonly<Record<string, ColumnKind>> = { boolean: 'boolean', bigint: 'integer', 'double precision': 'number', text: 'text', object: 'json' };

export function kindOfType(type: string): ColumnKind {
  return Object.hasOwn(kinds, type) ? (kinds[type] ?? 'other') : 'other';
}

export function isIntegerType(type: string): boolean {
  return Object.hasOwn(integerLimits, type);
}

/** The largest value that each takes; bigint keeps the ends of its range to itself. */
const integerLimits: Readonly<Record<string, bigint>> = { bigint: 2n ** 63n - 2n, integer: 2n ** 31n - 1n, smallint: 2n ** 15n - 1n };

function integerJson(type: string, digits: string): string | undefined {
  const limit = integerLimits[type];
  if (limit === undefined || digits.includes('.') || digits.length > 20) return undefined;
  const value = BigInt(digits);
  return value <= limit && value >= -limit ? digits : undefined;
}

function doubleJson(digits: string, isReal: boolean): string | undefined {
  const double = Number(digits);
  if (!Number.isFinite(double) || normalNumber(String(double)) !== digits) return undefined;
  return isReal && Math.fround(double) !== double ? undefined : String(double);
}

function digitsOf(value: Value): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? normalNumber(String(value)) : undefined;
  if (typeof value === 'bigint') return value.toString();
  return value instanceof ExactNumber ? normalNumber(value.digits) : undefined;
}

const boundedText = /^text\((\d+)\)$/;

/** How many UTF-16 units a column of texts takes: it cuts blanks after them, and refuses the row for anything else. Undefined for other types. */
function maxUnitsOf(type: string): number | undefined {
  if (type === 'text') return Number.POSITIVE_INFINITY;
  const [, digits] = boundedText.exec(type) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

function textJson(value: Value, maxUnits: number): string | undefined {
  if (value instanceof Uint8Array) return textJson(base64(value), maxUnits);
  if (typeof value !== 'string' || value.length > maxUnits || !value.isWellFormed()) return undefined;
  return value.length > maxTextBytes / 3 && Buffer.byteLength(value) > maxTextBytes ? undefined : JSON.stringify(value);
}

function isMap(value: Value): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof ValueSet || value instanceof Uint8Array || value instanceof ExactNumber)
  );
}

const arrayType = /^(?:array\((.*)\)|(.*)_array)$/;
const endsInBlank = /\p{Z}$/u;

/** The server does not say how long the texts of a list may be; of those that are too long it cuts blanks at their ends without a word. */
function mayBeCut(item: Value): boolean {
  return typeof item === 'string' && endsInBlank.test(item);
}

function arrayJson(inner: string, value: Value): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.map((item: Value) => {
    if (item === null) return 'null';
    return mayBeCut(item) ? undefined : cellJson(inner, item);
  });
  return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
}

/** The value as an argument for a column of this type; undefined where the column would change or refuse it. Null is none. */
export function cellJson(type: string, value: Value): string | undefined {
  if (value === null) return undefined;
  const maxUnits = maxUnitsOf(type);
  if (maxUnits !== undefined) return textJson(value, maxUnits);
  if (type === 'boolean') return typeof value === 'boolean' ? String(value) : undefined;
  if (type === 'object') return isMap(value) ? valueToJson(value, { numbers: 'double-or-text' }) : undefined;
  const [, inArray, beforeArray] = arrayType.exec(type) ?? [];
  const inner = inArray ?? beforeArray;
  if (inner !== undefined) return arrayJson(inner, value);
  const digits = digitsOf(value);
  if (digits === undefined) return undefined;
  if (type === 'double precision' || type === 'real') return doubleJson(digits, type === 'real');
  return integerJson(type, digits);
}

/** What a key's column cannot hold; thrown and caught within this folder. */
export class UnstorableKey extends Error {
  readonly code: RowCode;
  constructor(code: RowCode, message: string) {
    super(message);
    this.name = 'UnstorableKey';
    this.code = code;
  }
}

function keyText(name: string, declared: string, text: string): string {
  if (!text.isWellFormed()) throw new UnstorableKey('NOT_UNICODE', `The key "${name}" holds half of a surrogate pair, which UTF-8 cannot hold.`);
  if (text.length <= (maxUnitsOf(declared) ?? Number.POSITIVE_INFINITY)) return JSON.stringify(text);
  throw new UnstorableKey('KEY_RANGE', `The key column "${name}" is ${declared}, which cannot hold a text of ${text.length} characters.`);
}

/** A key's value, its type checked before, as an argument. Throws `UnstorableKey`, and `RangeError` for digits that are none. */
export function keyJson({ name, type, declared = keyTypes[type].ddl.toLowerCase() }: KeyColumn, value: Value): string {
  if (type === 'boolean') return String(value);
  if (type === 'number' || type === 'integer') {
    const digits = normalNumber(digitsOfKey(value));
    if (maxUnitsOf(declared) !== undefined) return keyText(name, declared, digits);
    const json = integerJson(declared, digits);
    if (json !== undefined) return json;
    throw new UnstorableKey('KEY_RANGE', `The key column "${name}" is ${declared}, which cannot hold ${digits.slice(0, 80)}.`);
  }
  return keyText(name, declared, value instanceof Uint8Array ? base64(value) : String(value));
}
