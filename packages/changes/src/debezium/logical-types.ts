// What the names in a Debezium schema (Kafka Connect's and Debezium's own logical types) make of a number, a text or bytes.
// Types whose value is what it says already (ZonedTimestamp, Interval, Json, Xml, Uuid, Enum, Year, ...) are not among them.
//
// | logical type                                              | becomes                                                    |
// |-----------------------------------------------------------|------------------------------------------------------------|
// | connect.data.Decimal, debezium.data.VariableScaleDecimal  | a number, all digits                                       |
// | connect.data.Date, debezium.time.Date                     | text `2018-06-20`                                          |
// | connect.data.Time, debezium.time.Time, MicroTime, NanoTime | text `13:37:03.000123`; MySQL's may be negative or beyond 24 hours |
// | connect.data.Timestamp, debezium.time.Timestamp, MicroTimestamp, NanoTimestamp | text `2018-06-20T13:37:03.000123`, without a zone as at the source; `infinity` |
// | debezium.data.Bits                                        | text of 0 and 1, the highest bit first                     |
import { isExactLeaf, numberLeaf, type Walk, weighDigits } from '../records/exact-walk.ts';
import { isObject } from '../records/json.ts';
import type { Value } from '../types.ts';
import { bytesOfBase64, isBase64 } from '../values/base64.ts';
import { dateText, dateTimeText, type FractionDigits, timeText } from '../values/time-text.ts';
import { decimalLength, decimalValue } from './decimal.ts';
import type { Fields } from './envelope.ts';

/** Undefined: the value does not fit the type. */
type Read = (value: unknown, schema: Fields, walk: Walk) => Value | undefined;

/** What PostgreSQL's driver makes of `infinity`, whatever the unit. */
const infinities: ReadonlyMap<unknown, string> = new Map([
  [9_223_372_036_825_200_000n, 'infinity'],
  [-9_223_372_036_832_400_000n, '-infinity'],
]);
const wholeText = /^-?\d{1,10}$/;

/** The parameters of a schema are text. */
function wholeParameter({ parameters }: Fields, name: 'scale' | 'length'): number | undefined {
  const text = isObject(parameters) ? parameters[name] : undefined;
  return typeof text === 'string' && wholeText.test(text) ? Number(text) : undefined;
}

function integerOf(value: unknown, walk: Walk): number | bigint | undefined {
  const exact = typeof value === 'number' ? numberLeaf(value, walk) : value;
  return typeof exact === 'bigint' || (typeof exact === 'number' && Number.isInteger(exact)) ? exact : undefined;
}

function safeIntegerOf(value: unknown, walk: Walk): number | undefined {
  const whole = integerOf(value, walk);
  return typeof whole === 'number' ? whole : undefined;
}

function date(value: unknown, _: Fields, walk: Walk): Value | undefined {
  const days = safeIntegerOf(value, walk);
  return days === undefined ? undefined : dateText(days);
}

function time(digits: FractionDigits): Read {
  return (value, _, walk) => {
    const units = safeIntegerOf(value, walk);
    return units === undefined ? undefined : timeText(units, digits);
  };
}

function timestamp(digits: FractionDigits): Read {
  return (value, _, walk) => {
    const units = integerOf(value, walk);
    return units === undefined ? undefined : (infinities.get(units) ?? dateTimeText(units, digits));
  };
}

/** Weighed before it is made: a few characters and a scale may be a long number. */
function weighedDecimal(base64: unknown, scale: unknown, walk: Walk): Value | undefined {
  return weighDigits(decimalLength(base64, scale), walk) ? decimalValue(base64, scale) : undefined;
}

/** With `decimal.format=NUMERIC` the converter writes the number itself. */
function decimal(value: unknown, schema: Fields, walk: Walk): Value | undefined {
  if (typeof value === 'number' || isExactLeaf(value)) return numberLeaf(value, walk);
  return weighedDecimal(value, wholeParameter(schema, 'scale'), walk);
}

function variableScaleDecimal(value: unknown, _: Fields, walk: Walk): Value | undefined {
  return isObject(value) ? weighedDecimal(value.value, value.scale, walk) : undefined;
}

/** The lowest bit is that of the first byte. A varying column says nothing of its length but by its bytes. */
function bits(value: unknown, schema: Fields): Value | undefined {
  if (typeof value !== 'string' || !isBase64(value)) return undefined;
  const bytes = bytesOfBase64(value);
  const digits = Array.from(bytes.toReversed(), (byte) => byte.toString(2).padStart(8, '0')).join('');
  const length = wholeParameter(schema, 'length');
  return length !== undefined && length > 0 && length < digits.length ? digits.slice(-length) : digits;
}

/** By the name in the schema. */
export const logicalTypes: ReadonlyMap<unknown, Read> = new Map<unknown, Read>([
  ['org.apache.kafka.connect.data.Decimal', decimal],
  ['io.debezium.data.VariableScaleDecimal', variableScaleDecimal],
  ['org.apache.kafka.connect.data.Date', date],
  ['io.debezium.time.Date', date],
  ['org.apache.kafka.connect.data.Time', time(3)],
  ['io.debezium.time.Time', time(3)],
  ['io.debezium.time.MicroTime', time(6)],
  ['io.debezium.time.NanoTime', time(9)],
  ['org.apache.kafka.connect.data.Timestamp', timestamp(3)],
  ['io.debezium.time.Timestamp', timestamp(3)],
  ['io.debezium.time.MicroTimestamp', timestamp(6)],
  ['io.debezium.time.NanoTimestamp', timestamp(9)],
  ['io.debezium.data.Bits', bits],
]);
