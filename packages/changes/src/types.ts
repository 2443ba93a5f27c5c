// The words of this package: what a change of a source row is, once its bytes have been read. It knows no format, no stream
// and no database.

/** A number that neither a double nor a bigint holds exactly, as decimal digits (`0.12345678901234567890`); `normalNumber` reads them. */
export class ExactNumber {
  readonly digits: string;
  constructor(digits: string) {
    this.digits = digits;
  }
}

/** A set of strings, numbers or binary values. The order is the source's; text forms sort it. */
export class ValueSet {
  readonly values: readonly Value[];
  constructor(values: readonly Value[]) {
    this.values = values;
  }
}

/** A value as the source knows it. */
export type Value = null | boolean | string | number | bigint | ExactNumber | Uint8Array | ValueSet | Value[] | { [name: string]: Value };

/** A row as values by name. The prototype is null: `__proto__` is a column like any other. */
export type Image = { readonly [name: string]: Value };

/** How a row becomes JSON text. `double-or-text` writes numbers that neither a double nor an int64 holds exactly as strings. */
export interface TextPolicy {
  readonly numbers: 'exact' | 'double-or-text';
  readonly drop: readonly string[];
  readonly rename: Readonly<Record<string, string>>;
}

/** A row nobody has looked into yet: values for whoever wants values, plain JSON text for document layouts. */
export interface RowImage {
  values(): Image;
  /** Plain JSON: sets as sorted arrays, binary as base64 text. Dropping and renaming concern the top level. */
  json(policy: TextPolicy): string;
  /** About how much memory the row holds, for byte limits. */
  readonly bytes: number;
}

/** The row's address, in key order. */
export type Key = readonly (readonly [name: string, value: Value])[];

/** Compared as a pair; strictly newer wins; equal is a replay. */
export interface Version {
  /** Microseconds of the source's clock; 0 where the format has none; a snapshot's is below every change. */
  readonly time: number;
  /** Decimal digits, at most 65, without leading zeros: the source's own order or the stream's. */
  readonly seq: string;
}

/** Where a row lives at its source. */
export interface SourceTable {
  /** `aws:dynamodb`, `postgresql`, `mysql`, ... as far as the format tells. */
  readonly system: string;
  readonly database?: string;
  readonly schema?: string;
  readonly table: string;
}

export interface RowChange {
  readonly kind: 'insert' | 'modify' | 'remove' | 'snapshot';
  readonly source: SourceTable;
  /** Absent where the format carries none. */
  readonly key: Key | undefined;
  readonly after?: RowImage;
  readonly before?: RowImage;
  /** Columns that the source did not send: they are left as they are. */
  readonly unknown?: readonly string[];
  readonly version: Version;
}

export interface TableChange {
  readonly kind: 'truncate';
  readonly source: SourceTable;
  readonly version: Version;
}

export type ChangeEvent = RowChange | TableChange;

/** One record of a stream, after de-aggregation. Structural: the consumer's `StreamRecord` is one. */
export interface RawRecord {
  readonly sequence: string;
  /** Position inside an aggregate; 0 for a plain record. */
  readonly subSequence: number;
  readonly arrivalMs: number;
  readonly partitionKey: string;
  /** Where it came from, by the name or ARN of the stream: formats that do not name their table take it from there. */
  readonly shard?: { readonly stream: string };
  bytes(): Uint8Array;
  /** The bytes as UTF-8; what is not UTF-8 may come as U+FFFD, the codecs look. */
  text(): string;
}

/** Why a record could not be read. Codes are never reused. */
export interface DecodeError {
  readonly code: 'NOT_JSON' | 'UNKNOWN_FORMAT' | 'BROKEN_RECORD' | 'BROKEN_VALUE' | 'NO_IMAGE' | 'TOO_DEEP' | 'TOO_LARGE' | 'EMPTY';
  readonly message: string;
}

export type Decoded =
  | { readonly kind: 'changes'; readonly events: readonly ChangeEvent[] }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'undecodable'; readonly error: DecodeError };

/** One record as it lies in a stream. */
export interface CodecExample {
  /** What happened at the source. */
  readonly title: string;
  /** The payload; formats that are not text have none here. */
  readonly text: string;
  readonly sequence: string;
  readonly partitionKey?: string;
  readonly stream?: string;
}

/** Reads one wire format. Total: any bytes give a `Decoded`, never a throw. */
export interface Codec {
  readonly name: string;
  /** For people: what writes such records, and by what they are recognised. One or two sentences. */
  readonly about: string;
  /** Records of the format, the plainest first; each decodes. For `formats`, the reference page and the tests. */
  readonly examples: readonly CodecExample[];
  recognises(record: RawRecord): boolean;
  decode(record: RawRecord): Decoded;
}
