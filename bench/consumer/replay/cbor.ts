// As much of CBOR (RFC 8949) as the Kinesis protocol `application/x-amz-cbor-1.1` needs. It knows no operation.

/** A date is a whole number of milliseconds since 1970 under tag 1, as AWS has it (and not the seconds of the RFC). */
export type Value = null | boolean | number | string | Uint8Array | Date | readonly Value[] | { readonly [key: string]: Value };

const majors = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6 };
const stop = Symbol('stop');

/** The first bytes of an item: its kind, and its value or length. */
function head(major: number, value: number): Buffer {
  const kind = major << 5;
  if (value < 24) return Buffer.from([kind | value]);
  const bytes = Buffer.alloc(9);
  bytes[0] = kind | 27;
  bytes.writeBigUInt64BE(BigInt(value), 1);
  if (value > 0xff_ff_ff_ff) return bytes;
  const width = value > 0xff_ff ? 4 : value > 0xff ? 2 : 1;
  return Buffer.concat([Buffer.from([kind | { 1: 24, 2: 25, 4: 26 }[width]]), bytes.subarray(9 - width)]);
}

/** What comes before the items of an array that is written in pieces. */
export function arrayHead(length: number): Buffer {
  return head(majors.array, length);
}

export function mapHead(length: number): Buffer {
  return head(majors.map, length);
}

export function encode(value: Value): Buffer {
  if (value === null) return Buffer.from([0xf6]);
  if (typeof value === 'boolean') return Buffer.from([value ? 0xf5 : 0xf4]);
  if (typeof value === 'number') return value >= 0 ? head(majors.unsigned, value) : head(majors.negative, -1 - value);
  if (typeof value === 'string') return Buffer.concat([head(majors.text, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(majors.bytes, value.length), value]);
  if (value instanceof Date) return Buffer.concat([head(majors.tag, 1), encode(value.getTime())]);
  if (Array.isArray(value)) return Buffer.concat([arrayHead(value.length), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([mapHead(entries.length), ...entries.flatMap(([key, each]) => [encode(key), encode(each)])]);
}

/** Throws `RangeError` when the bytes end too early. Tags are dropped. */
export function decode(bytes: Buffer): Value {
  let at = 0;

  function argument(major: number, info: number): number {
    if (info < 24) return info;
    const width = 1 << (info - 24);
    const start = at;
    at += width;
    if (major === 7 && width >= 4) return width === 4 ? bytes.readFloatBE(start) : bytes.readDoubleBE(start);
    return width === 8 ? Number(bytes.readBigUInt64BE(start)) : bytes.readUIntBE(start, width);
  }

  function items(count: number): readonly Value[] {
    const found: Value[] = [];
    while (found.length < count) {
      const next = item();
      if (next === stop) break;
      found.push(next);
    }
    return found;
  }

  function item(): Value | typeof stop {
    const first = bytes.readUInt8(at);
    at += 1;
    const [major, info] = [first >> 5, first & 31];
    if (major === 7 && info === 31) return stop;
    // Of indefinite length: Java's encoder writes maps so.
    const size = info === 31 ? Number.POSITIVE_INFINITY : argument(major, info);
    if (major === majors.unsigned) return size;
    if (major === majors.negative) return -1 - size;
    if (major === majors.bytes || major === majors.text) return string(major, size);
    if (major === majors.array) return items(size);
    if (major === majors.map) return Object.fromEntries(pairs(items(size * 2)));
    if (major === majors.tag) return item();
    return info === 20 ? false : info === 21 ? true : info === 22 ? null : size;
  }

  function string(major: number, size: number): Value {
    if (size === Number.POSITIVE_INFINITY) {
      const parts = items(size);
      return major === majors.text ? parts.join('') : Buffer.concat(parts.filter((part) => part instanceof Uint8Array));
    }
    const part = bytes.subarray(at, at + size);
    at += size;
    return major === majors.text ? part.toString() : part;
  }

  const value = item();
  return value === stop ? null : value;
}

function pairs(flat: readonly Value[]): [string, Value][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [String(flat[2 * index]), flat[2 * index + 1] ?? null]);
}
