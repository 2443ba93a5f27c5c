// Positions as the row spells them, and their order. It knows no stream and no service.
import type { Position } from './types.ts';

/** Lowest first. The rank of a sentinel among sentinels; every sequence number lies between `latest` and `shard-end`. */
const ranks = { 'at-timestamp': 0, 'trim-horizon': 1, latest: 2, sequence: 3, 'shard-end': 4 } as const satisfies Record<Position['kind'], number>;

const sentinels = { AT_TIMESTAMP: 'at-timestamp', TRIM_HORIZON: 'trim-horizon', LATEST: 'latest', SHARD_END: 'shard-end' } as const;
const spellings = { 'at-timestamp': 'AT_TIMESTAMP', 'trim-horizon': 'TRIM_HORIZON', latest: 'LATEST', 'shard-end': 'SHARD_END' } as const;

/** How the row spells the end of a shard. */
export const shardEndText = spellings['shard-end'];

const isSentinel = (text: string): text is keyof typeof sentinels => Object.hasOwn(sentinels, text);

/** The text of the `checkpoint` attribute. */
export function positionText(at: Position): string {
  return at.kind === 'sequence' ? at.sequence : spellings[at.kind];
}

/** The position that a `checkpoint` attribute means; undefined when it means none. `subSequence` counts records inside an aggregate. */
export function parsePosition(text: string, subSequence: number): Position | undefined {
  if (isSentinel(text)) return { kind: sentinels[text] };
  return /^[0-9]+$/.test(text) ? { kind: 'sequence', sequence: text, subSequence } : undefined;
}

/** Negative: `a` is before `b`; 0: the same place. Total, and the Java KCL's own order. */
export function comparePositions(a: Position, b: Position): number {
  if (a.kind !== 'sequence' || b.kind !== 'sequence') return ranks[a.kind] - ranks[b.kind];
  const left = BigInt(a.sequence);
  const right = BigInt(b.sequence);
  if (left !== right) return left < right ? -1 : 1;
  return a.subSequence - b.subSequence;
}

export function samePosition(a: Position, b: Position): boolean {
  return comparePositions(a, b) === 0;
}
