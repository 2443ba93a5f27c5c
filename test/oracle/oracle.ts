// What the tables must be once everything has been applied, worked out in the plainest way from what was sent: the newest change
// of each key wins. It imports nothing of the packages, on purpose: it must not share their mistakes.
import { canonicalDecimal } from './decimal.ts';

/** An attribute as DynamoDB's change records write it: one of ten types by name. */
export type Attribute = { readonly [type: string]: unknown };
export type Item = { readonly [name: string]: Attribute };

/** A record as the stream took it. Without sequence numbers, the order given decides between equal times. */
export interface SentText {
  readonly data: Uint8Array | string;
  readonly sequence?: string;
}

/** The newest change of a key; without an item the row is gone. */
export interface ExpectedRow {
  readonly key: Item;
  readonly item: Item | undefined;
  readonly timeMicros: bigint;
}

/** By source table, then by key text. */
export type Expected = ReadonlyMap<string, ReadonlyMap<string, ExpectedRow>>;

interface ChangeRecord {
  readonly tableName: string;
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number;
    readonly ApproximateCreationDateTimePrecision?: 'MILLISECOND' | 'MICROSECOND';
    readonly Keys: Item;
    readonly NewImage?: Item;
  };
}

/** Folds records in any order, duplicates among them. */
export function fold(records: Iterable<SentText>): Expected {
  const newest = new Map<string, Map<string, ExpectedRow & { readonly order: bigint }>>();
  let position = 0n;
  for (const { data, sequence } of records) {
    const record = JSON.parse(typeof data === 'string' ? data : new TextDecoder().decode(data)) as ChangeRecord;
    const { Keys: key, NewImage: image } = record.dynamodb;
    const rows = newest.get(record.tableName) ?? new Map<string, ExpectedRow & { readonly order: bigint }>();
    newest.set(record.tableName, rows);
    const timeMicros = microseconds(record.dynamodb);
    const order = sequence === undefined ? position : BigInt(sequence);
    position += 1n;
    const known = rows.get(keyText(key));
    if (known !== undefined && (known.timeMicros > timeMicros || (known.timeMicros === timeMicros && known.order > order))) continue;
    rows.set(keyText(key), { key, item: record.eventName === 'REMOVE' ? undefined : image, timeMicros, order });
  }
  return newest;
}

/** `{"customer":{"S":"a"},"no":{"N":"1"}}`, names in one order, numbers in one form. */
export function keyText(key: Item): string {
  const parts = Object.entries(key).map(([name, value]) => [name, 'N' in value ? { N: canonicalDecimal(String(value.N)) } : value] as const);
  return JSON.stringify(Object.fromEntries(parts.sort(([a], [b]) => (a < b ? -1 : 1))));
}

function microseconds(change: ChangeRecord['dynamodb']): bigint {
  const time = change.ApproximateCreationDateTime;
  if (change.ApproximateCreationDateTimePrecision === 'MICROSECOND') return BigInt(time);
  if (change.ApproximateCreationDateTimePrecision === 'MILLISECOND') return BigInt(time) * 1_000n;
  if (time < 1e11) return BigInt(time) * 1_000_000n;
  return time < 1e14 ? BigInt(time) * 1_000n : BigInt(time);
}
