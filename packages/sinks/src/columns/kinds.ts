// What a column can hold, and which column a value asks for. It knows no server's type names.
import { ExactNumber, normalNumber, type Value } from '@shardfold/changes';
import { digitsOfNumber } from './exact.ts';

/** `other`: a user's own type; the server casts. */
export type ColumnKind = 'boolean' | 'integer' | 'number' | 'text' | 'binary' | 'json' | 'other';

/** The kinds that columns are made of. */
export type NewKind = Exclude<ColumnKind, 'other'>;

const maxInt64 = 2n ** 63n - 1n;
const minInt64 = -(2n ** 63n);
const integerText = /^-?\d{1,19}$/;

function isInt64(value: number | bigint | ExactNumber): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value === 'bigint') return value >= minInt64 && value <= maxInt64;
  const digits = normalNumber(value.digits);
  return integerText.test(digits) && isInt64(BigInt(digits));
}

/** The kind of column that a value asks for; undefined for null and for what no column is made for, such as NaN. */
export function kindOf(value: Value): NewKind | undefined {
  if (value === null) return undefined;
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number' && !Number.isFinite(value)) return undefined;
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber) return isInt64(value) ? 'integer' : 'number';
  return value instanceof Uint8Array ? 'binary' : 'json';
}

/** Whether a column of this kind holds the value as it is. */
export function holds(kind: ColumnKind, value: Value): boolean {
  if (value === null || kind === 'json' || kind === 'other') return true;
  const wanted = kindOf(value);
  return wanted === kind || (kind === 'number' && wanted === 'integer');
}

/** As programs print numbers. What has a plus, an exponent or needless zeros in front is more than its number. */
const numberText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

function asBoolean(value: Value): Value | undefined {
  if (value === 'true' || value === 'false') return value === 'true';
  const digits = digitsOfNumber(asNumber(value));
  return digits === '1' || digits === '0' ? digits === '1' : undefined;
}

function asNumber(value: Value): Value {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' && numberText.test(value) ? new ExactNumber(value) : value;
}

function asText(value: Value): Value {
  const digits = digitsOfNumber(value);
  if (digits !== undefined) return normalNumber(digits);
  return typeof value === 'boolean' ? String(value) : value;
}

/** The value for a column that somebody else made for values of another kind; undefined where something of it were lost. */
export function cast(kind: ColumnKind, value: Value): Value | undefined {
  if (holds(kind, value)) return value;
  const made = kind === 'boolean' ? asBoolean(value) : kind === 'text' ? asText(value) : kind === 'binary' ? undefined : asNumber(value);
  return made !== undefined && holds(kind, made) ? made : undefined;
}

/** The declared widenings: what a column may become so that it holds more. */
export function widened(kind: ColumnKind, value: Value): NewKind | undefined {
  return kind === 'integer' && kindOf(value) === 'number' ? 'number' : undefined;
}
