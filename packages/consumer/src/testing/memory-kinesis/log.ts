// What one shard keeps: its records in the order they came, each with a place that trimming does not change. It knows no stream,
// no iterator and no time.
export interface Stored {
  readonly sequence: string;
  readonly arrivalMs: number;
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

export interface ShardLog {
  append(record: Stored): void;
  /** Place of the oldest record that is left. */
  first(): number;
  /** Place that the next record will have. */
  end(): number;
  at(place: number): Stored | undefined;
  /** Records from place to place, the second one not included. */
  slice(from: number, to: number): readonly Stored[];
  /** Place of the first record with this sequence number or a greater one. */
  placeOf(sequence: string): number;
  /** Place of the first record that arrived then or later. */
  placeSince(atMs: number): number;
  /** Forgets the records at the beginning that arrived earlier. */
  trimBefore(atMs: number): void;
}

/** Forgotten records are cut off once there are so many, and half of all are. */
const cutAtLeast = 1_024;

/** Negative: `a` comes first. Decimal numbers without leading zeros, compared without reading them. */
export function compareSequences(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a === b ? 0 : a < b ? -1 : 1;
}

/** For what an emulator keeps of one record: its payload and its key, as the service counts them. */
export function bytesOf({ data, partitionKey }: Stored): number {
  return data.byteLength + partitionKey.length;
}

export function createShardLog(): ShardLog {
  const records: Stored[] = [];
  /** Records that were cut off. */
  let cut = 0;
  /** Index of the oldest that is not forgotten. */
  let head = 0;

  return {
    append: (record) => void records.push(record),
    first: () => cut + head,
    end: () => cut + records.length,
    at: (place) => (place < cut + head ? undefined : records[place - cut]),
    slice: (from, to) => records.slice(Math.max(head, from - cut), Math.max(head, to - cut)),
    placeOf(sequence) {
      let low = head;
      let high = records.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        const record = records[middle];
        if (record !== undefined && compareSequences(record.sequence, sequence) < 0) low = middle + 1;
        else high = middle;
      }
      return cut + low;
    },
    placeSince(atMs) {
      const found = records.findIndex((record, index) => index >= head && record.arrivalMs >= atMs);
      return cut + (found === -1 ? records.length : found);
    },
    trimBefore(atMs) {
      for (let oldest = records[head]; oldest !== undefined && oldest.arrivalMs < atMs; oldest = records[head]) head += 1;
      if (head < cutAtLeast || head * 2 < records.length) return;
      records.splice(0, head);
      cut += head;
      head = 0;
    },
  };
}
