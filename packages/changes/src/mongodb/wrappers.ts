// The types that JSON has no words for, as MongoDB's Extended JSON writes them (`{"$numberLong":"1"}`), canonical, relaxed and
// of version 1. It looks at one object and knows no document around it.
import { isObject } from '../records/json.ts';
import type { Value } from '../types.ts';
import { bytesOfBase64, isBase64 } from '../values/base64.ts';
import { isNumberText, numberValue } from '../values/numbers.ts';
import { dateTimeText, millisOfIsoText } from '../values/time-text.ts';

type Fields = Readonly<Record<string, unknown>>;

const objectId = /^[0-9a-fA-F]{24}$/;
const uuid = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;
const int64 = /^-?\d{1,19}$/;
const uuidSubType = /^0?4$/;
/** A Decimal128 has 34 digits, a sign, a point and an exponent of at most four digits. */
const decimal128 = /^-?\d{1,34}(?:\.\d{1,34})?[eE][+-]?\d{1,4}$/;
const zeroDigits = /^-?[0.]+[eE]/;
const notFinite: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

function integer(value: unknown): Value | undefined {
  return typeof value === 'string' && int64.test(value) ? numberValue(value) : undefined;
}

/** What no double holds is none: `1e400` is not Infinity. */
function double(value: unknown): Value | undefined {
  if (typeof value !== 'string' || !isNumberText(value)) return notFinite.get(value);
  const nearest = Number(value);
  return Number.isFinite(nearest) ? nearest : undefined;
}

/** What is beyond the exponents that numbers may have here stays text: nothing is lost, and a short text does not become a huge one. */
function decimal(value: unknown): Value | undefined {
  if (typeof value !== 'string') return undefined;
  if (isNumberText(value)) return numberValue(value);
  if (decimal128.test(value)) return zeroDigits.test(value) ? 0 : value;
  return notFinite.get(value);
}

/** Milliseconds since 1970 from what stands in `$date`: ISO text, `$numberLong`, or (version 1) a number. */
export function millisOfDate(value: unknown): number | bigint | undefined {
  if (typeof value === 'string') return millisOfIsoText(value);
  const millis = isObject(value) ? integer(value.$numberLong) : value;
  return typeof millis === 'bigint' || (typeof millis === 'number' && Number.isInteger(millis)) ? millis : undefined;
}

function date(value: unknown): Value | undefined {
  const millis = millisOfDate(value);
  return millis === undefined ? undefined : `${dateTimeText(millis, 3)}Z`;
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function binary(base64: unknown, subType: unknown): Value | undefined {
  if (typeof base64 !== 'string' || typeof subType !== 'string' || !isBase64(base64)) return undefined;
  const bytes = bytesOfBase64(base64);
  return uuidSubType.test(subType) && bytes.length === 16 ? uuidText(bytes) : bytes;
}

function timestamp(value: unknown): Value | undefined {
  if (!isObject(value) || Object.keys(value).length !== 2) return undefined;
  const { t, i } = value;
  if (typeof t !== 'number' || typeof i !== 'number' || !Number.isSafeInteger(t) || !Number.isSafeInteger(i)) return undefined;
  return Object.assign(Object.create(null), { t, i });
}

function text(value: unknown): Value | undefined {
  return typeof value === 'string' ? value : undefined;
}

const single: ReadonlyMap<string, (value: unknown) => Value | undefined> = new Map<string, (value: unknown) => Value | undefined>([
  ['$oid', (value) => (typeof value === 'string' && objectId.test(value) ? value.toLowerCase() : undefined)],
  ['$numberInt', integer],
  ['$numberLong', integer],
  ['$numberDouble', double],
  ['$numberDecimal', decimal],
  ['$date', date],
  ['$binary', (value) => (isObject(value) ? binary(value.base64, value.subType) : undefined)],
  ['$uuid', (value) => (typeof value === 'string' && uuid.test(value) ? value.toLowerCase() : undefined)],
  ['$timestamp', timestamp],
  ['$symbol', text],
  ['$code', text],
  ['$undefined', (value) => (value === true ? null : undefined)],
]);

/** The value of an object that stands for one; undefined for every other object, also for one that only looks like it. */
export function wrappedValue(object: Fields): Value | undefined {
  let name: string | undefined;
  let names = 0;
  for (const each in object) {
    if (names === 0) {
      if (!each.startsWith('$')) return undefined;
      name = each;
    }
    names += 1;
    if (names > 2) return undefined;
  }
  if (name === undefined) return undefined;
  if (names === 1) return single.get(name)?.(object[name]);
  return name === '$binary' ? binary(object.$binary, object.$type) : undefined;
}
