// Takes the fields of a protobuf message one after the other, without copying. It knows no message and throws nothing: -1 and false
// mean that the bytes are none.

/** A message lies between `at` and `end`; `at` moves. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
}

/** 64 bits, 7 a byte. */
const varintBytesMax = 10;
/** 32 bits: a field number of 29 and a wire type of 3. */
const tagMax = 2 ** 32 - 1;

/** Leading zeros are allowed. What does not fit into 53 bits is rounded. */
export function takeVarint(cursor: Cursor): number {
  const end = Math.min(cursor.end, cursor.at + varintBytesMax);
  let value = 0;
  for (let factor = 1; cursor.at < end; factor *= 128) {
    const byte = cursor.bytes[cursor.at] ?? 0;
    cursor.at += 1;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
  }
  return -1;
}

/** A field's number and wire type: `number * 8 + type`. */
export function takeTag(cursor: Cursor): number {
  const tag = takeVarint(cursor);
  return tag >= 8 && tag <= tagMax ? tag : -1;
}

/** Takes a field of bytes, a string or a message. Gives its length; it ends at `cursor.at`. */
export function takeBytes(cursor: Cursor): number {
  const length = takeVarint(cursor);
  return skip(cursor, length) ? length : -1;
}

/** Takes the value of a field that nobody asked for. Groups, which no schema has had for long, count as broken. */
export function skipField(cursor: Cursor, tag: number): boolean {
  switch (tag & 7) {
    case 0:
      return takeVarint(cursor) >= 0;
    case 1:
      return skip(cursor, 8);
    case 2:
      return takeBytes(cursor) >= 0;
    case 5:
      return skip(cursor, 4);
    default:
      return false;
  }
}

function skip(cursor: Cursor, length: number): boolean {
  if (length < 0 || length > cursor.end - cursor.at) return false;
  cursor.at += length;
  return true;
}
