// Which records were done by somebody, shard by shard. It knows neither who nor when.

export interface Ledger {
  /** The records after `from` up to `to` are done. */
  done(shardId: string, from: number, to: number): void;
  /** Reading began there on purpose: nothing before is owed. */
  begunAt(shardId: string, record: number): void;
  /** How many records of the shard nobody is owed. */
  begun(shardId: string): number;
  /** The first record up to `record` that nobody did; undefined: none is missing. */
  missing(shardId: string, record: number): number | undefined;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

export function createLedger(): Ledger {
  /** Disjoint, in order, and never touching. */
  const ranges = new Map<string, readonly Range[]>();
  const begun = new Map<string, number>();
  return {
    done(shardId, from, to) {
      let low = from;
      let high = to;
      const apart: Range[] = [];
      for (const range of ranges.get(shardId) ?? []) {
        if (range.to < low || range.from > high) apart.push(range);
        else [low, high] = [Math.min(low, range.from), Math.max(high, range.to)];
      }
      ranges.set(
        shardId,
        [...apart, { from: low, to: high }].sort((a, b) => a.from - b.from),
      );
    },
    begun: (shardId) => begun.get(shardId) ?? 0,
    begunAt: (shardId, record) => void begun.set(shardId, record),
    missing(shardId, record) {
      let at = begun.get(shardId) ?? 0;
      for (const range of ranges.get(shardId) ?? []) if (range.from <= at) at = Math.max(at, range.to);
      return at >= record ? undefined : at + 1;
    },
  };
}
