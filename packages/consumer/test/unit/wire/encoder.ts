// A CBOR encoder of the tests' own, which can write the same thing in many ways: lengths wider than needed, or none at all. It shares
// nothing with the reader under test.

/** A value with a tag before it. */
export class Tagged {
  readonly tag: number;
  readonly value: unknown;
  constructor(tag: number, value: unknown) {
    this.tag = tag;
    this.value = value;
  }
}

/** A number that is written as a float of 64 bits, whole or not. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** Bytes that are written as they are. */
export class Verbatim {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** The next choice out of `count`. */
export type Choose = (count: number) => number;

/** Always the shortest and definite. */
export const canonical: Choose = () => 0;

/** Reads choices from a list, round and round. */
export function choicesFrom(entropy: readonly number[]): Choose {
  let at = 0;
  return (count) => {
    const choice = entropy[at % Math.max(1, entropy.length)] ?? 0;
    at += 1;
    return choice % count;
  };
}

const breakByte = Buffer.from([0xff]);

/** The first bytes of an item; `choose` may take more of them than needed. */
function head(major: number, value: number, choose: Choose): Buffer {
  const widths = [0, 1, 2, 4, 8].filter((width) => (width === 0 ? value < 24 : value < 2 ** (8 * width)));
  const width = widths[choose(widths.length)] ?? 8;
  const first = (major << 5) | (width === 0 ? value : 24 + Math.log2(width));
  const rest = Buffer.alloc(width);
  if (width === 8) rest.writeBigUInt64BE(BigInt(value));
  else if (width > 0) rest.writeUIntBE(value, 0, width);
  return Buffer.concat([Buffer.from([first]), rest]);
}

function string(major: number, bytes: Buffer, choose: Choose): Buffer {
  if (choose(3) !== 2) return Buffer.concat([head(major, bytes.length, choose), bytes]);
  const cut = choose(bytes.length + 1);
  const parts = [bytes.subarray(0, cut), bytes.subarray(cut)].map((part) => Buffer.concat([head(major, part.length, choose), part]));
  return Buffer.concat([Buffer.from([(major << 5) | 31]), ...parts, breakByte]);
}

function list(major: number, count: number, items: readonly Buffer[], choose: Choose): Buffer {
  if (choose(3) !== 2) return Buffer.concat([head(major, count, choose), ...items]);
  return Buffer.concat([Buffer.from([(major << 5) | 31]), ...items, breakByte]);
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xfb;
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

/** Maps are given as `Map`, or as objects when their keys are texts. */
export function encode(value: unknown, choose: Choose = canonical): Buffer {
  if (value === null) return Buffer.from([0xf6]);
  if (value === undefined) return Buffer.from([0xf7]);
  if (typeof value === 'boolean') return Buffer.from([value ? 0xf5 : 0xf4]);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) return float(value);
    return value < 0 ? head(1, -1 - value, choose) : head(0, value, choose);
  }
  if (typeof value === 'string') return string(3, Buffer.from(value), choose);
  if (value instanceof Float) return float(value.value);
  if (value instanceof Verbatim) return Buffer.from(value.bytes);
  if (value instanceof Tagged) return Buffer.concat([head(6, value.tag, choose), encode(value.value, choose)]);
  if (value instanceof Uint8Array) return string(2, Buffer.from(value), choose);
  if (Array.isArray(value)) {
    const items = value.map((item) => encode(item, choose));
    return list(4, value.length, items, choose);
  }
  const entries = [...(value instanceof Map ? value : new Map(Object.entries(value as object)))];
  const items = entries.flatMap(([key, item]) => [encode(key, choose), encode(item, choose)]);
  return list(5, entries.length, items, choose);
}
