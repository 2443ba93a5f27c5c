// What Debezium sends for a column whose value the source did not give it (PostgreSQL's unchanged TOAST, Oracle's LOBs): its
// default placeholder in each of the shapes that a column's type gives it. It knows no row.
import { isObject } from '../records/json.ts';

const placeholder = '__debezium_unavailable_value';
const base64 = 'X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==';
const hex = '5f5f646562657a69756d5f756e617661696c61626c655f76616c7565';
/** A map (hstore) as JSON text. */
const mapText = `{"${placeholder}":"${placeholder}"}`;
const texts: readonly string[] = [placeholder, base64, hex, mapText];
const shortest = placeholder.length;
const longest = mapText.length;
const bytes = [...placeholder].map((letter) => letter.charCodeAt(0));

/** Whether the value of a column, as it stands in the record, says that there is none. */
export function isUnavailable(value: unknown): boolean {
  // Most columns are told by their length.
  if (typeof value === 'string') return value.length >= shortest && value.length <= longest && texts.includes(value);
  if (Array.isArray(value)) {
    if (value.length === 1) return value[0] === placeholder;
    return value.length === bytes.length && value.every((member, at) => member === bytes[at]);
  }
  return isObject(value) && value[placeholder] === placeholder;
}
