// Reads CBOR (RFC 8949) from bytes, piece by piece: whatever lengths an encoder chose, and never a byte outside. Functions over one
// cursor and no objects in between, because a busy shard has millions of pieces. It knows no shape of an answer.

export interface Cursor {
  readonly bytes: Buffer;
  /** The same bytes. */
  readonly view: DataView;
  /** The next byte to read. */
  at: number;
  /** Where the string that was read last begins and ends. */
  start: number;
  end: number;
}

/** Major types. */
export const cbor = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;

const indefinite = Number.POSITIVE_INFINITY;
const breakByte = 0xff;
const nullByte = 0xf6;
const undefinedByte = 0xf7;
/** Nobody's answers are this deep. */
const depthMax = 32;

/** `early`: what is there is good as far as it goes, and it ends too soon. */
export class CborError extends Error {
  readonly early: boolean;
  constructor(message: string, early: boolean) {
    super(message);
    this.name = 'CborError';
    this.early = early;
  }
}

export function cursorOf(bytes: Buffer): Cursor {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0, start: 0, end: 0 };
}

export function malformed(cursor: Cursor, what: string): CborError {
  return new CborError(`${what} before byte ${cursor.at} of ${cursor.bytes.length}`, false);
}

function early(cursor: Cursor): CborError {
  return new CborError(`the bytes end within an item, after ${cursor.bytes.length}`, true);
}

function peek(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at];
  if (byte === undefined) throw early(cursor);
  return byte;
}

function next(cursor: Cursor): number {
  const byte = peek(cursor);
  cursor.at += 1;
  return byte;
}

/** The number in or behind a first byte. */
function argument(cursor: Cursor, first: number): number {
  const info = first & 31;
  if (info < 24) return info;
  if (info === 31) return indefinite;
  if (info > 27) throw malformed(cursor, 'a reserved length');
  const at = cursor.at;
  const size = 1 << (info - 24);
  if (at + size > cursor.bytes.length) throw early(cursor);
  cursor.at = at + size;
  const { view } = cursor;
  switch (size) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at);
    case 4:
      return view.getUint32(at);
    default:
      return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
  }
}

function definite(cursor: Cursor, first: number): number {
  const value = argument(cursor, first);
  if (value === indefinite) throw malformed(cursor, 'an item of no length');
  return value;
}

/** The parts of a string are moved together inside the bytes: nobody reads again what stood there. */
function joinParts(cursor: Cursor, major: number): void {
  const { bytes } = cursor;
  const start = cursor.at;
  let end = start;
  for (;;) {
    const first = next(cursor);
    if (first === breakByte) break;
    if (first >> 5 !== major) throw malformed(cursor, 'a part of another type');
    const length = definite(cursor, first);
    if (cursor.at + length > bytes.length) throw early(cursor);
    bytes.copyWithin(end, cursor.at, cursor.at + length);
    end += length;
    cursor.at += length;
  }
  cursor.start = start;
  cursor.end = end;
}

/** What tags say is of no use here: a time is told by its size. */
function passTags(cursor: Cursor): void {
  while (peek(cursor) >> 5 === cbor.tag) definite(cursor, next(cursor));
}

/** The major type of the next item, behind its tags. */
export function majorAt(cursor: Cursor): number {
  passTags(cursor);
  return peek(cursor) >> 5;
}

/** Reads a string of the type that `majorAt` told; it then lies between `start` and `end`. */
export function readString(cursor: Cursor, major: typeof cbor.bytes | typeof cbor.text): void {
  const first = next(cursor);
  if (first >> 5 !== major) throw malformed(cursor, 'another type where a string belongs');
  const length = argument(cursor, first);
  if (length === indefinite) {
    joinParts(cursor, major);
    return;
  }
  const end = cursor.at + length;
  if (end > cursor.bytes.length) throw early(cursor);
  cursor.start = cursor.at;
  cursor.end = end;
  cursor.at = end;
}

/** True: there was a null or an undefined, and it is read. */
export function readNull(cursor: Cursor): boolean {
  const first = peek(cursor);
  if (first !== nullByte && first !== undefinedByte) return false;
  cursor.at += 1;
  return true;
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Reads an integer or a float of any width, tagged or not. */
export function readNumber(cursor: Cursor): number {
  const major = majorAt(cursor);
  const first = next(cursor);
  const value = definite(cursor, first);
  if (major === cbor.unsigned) return value;
  if (major === cbor.negative) return -1 - value;
  const info = first & 31;
  if (major !== cbor.simple || info < 25) throw malformed(cursor, 'another type where a number belongs');
  if (info === 25) return half(value);
  return info === 26 ? cursor.view.getFloat32(cursor.at - 4) : cursor.view.getFloat64(cursor.at - 8);
}

/** Opens an array or a map, and tells how many items or pairs to expect at most: see `isOver`. */
export function open(cursor: Cursor, major: typeof cbor.array | typeof cbor.map): number {
  passTags(cursor);
  const first = next(cursor);
  if (first >> 5 !== major) throw malformed(cursor, 'another type where a list or a map belongs');
  return argument(cursor, first);
}

/** True after the last item or pair of what `open` opened. `left`: what is left of its count. */
export function isOver(cursor: Cursor, left: number): boolean {
  if (left !== indefinite) return left === 0;
  if (peek(cursor) !== breakByte) return false;
  cursor.at += 1;
  return true;
}

/** Passes one item, whatever it is. */
export function skip(cursor: Cursor, depth = 0): void {
  const major = majorAt(cursor);
  if (depth > depthMax) throw malformed(cursor, 'items in items without end');
  if (major === cbor.bytes || major === cbor.text) readString(cursor, major);
  else if (major === cbor.array || major === cbor.map) {
    for (let left = open(cursor, major); !isOver(cursor, left); left -= 1) {
      skip(cursor, depth + 1);
      if (major === cbor.map) skip(cursor, depth + 1);
    }
  } else definite(cursor, next(cursor));
}

/** One item as a value: bytes as base64 text, maps as objects. For what is small. */
export function readValue(cursor: Cursor, depth = 0): unknown {
  const major = majorAt(cursor);
  if (depth > depthMax) throw malformed(cursor, 'items in items without end');
  if (readNull(cursor)) return null;
  switch (major) {
    case cbor.bytes:
    case cbor.text:
      readString(cursor, major);
      return cursor.bytes.toString(major === cbor.text ? 'utf8' : 'base64', cursor.start, cursor.end);
    case cbor.array: {
      const items: unknown[] = [];
      for (let left = open(cursor, major); !isOver(cursor, left); left -= 1) items.push(readValue(cursor, depth + 1));
      return items;
    }
    case cbor.map: {
      const entries: [string, unknown][] = [];
      for (let left = open(cursor, major); !isOver(cursor, left); left -= 1) {
        const key = readValue(cursor, depth + 1);
        entries.push([String(key), readValue(cursor, depth + 1)]);
      }
      return Object.fromEntries(entries);
    }
    default:
      return readScalar(cursor);
  }
}

function readScalar(cursor: Cursor): unknown {
  const first = peek(cursor);
  if (first >> 5 !== cbor.simple || (first & 31) > 24) return readNumber(cursor);
  definite(cursor, next(cursor));
  return first === 0xf5;
}

/** Throws unless everything was read: what is left belongs to something that was misread. */
export function expectEnd(cursor: Cursor): void {
  if (cursor.at !== cursor.bytes.length) throw malformed(cursor, 'the end of the answer');
}
