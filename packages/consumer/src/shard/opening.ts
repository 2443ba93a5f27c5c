// Where the reader of a lease begins, and whether anything before that is lost. Pure: it asks no service and knows no clock.
import type { Lease } from '@shardfold/lease';
import { clockMarginMs, fromMoment } from '../source/moment.ts';
import type { ReadFrom, StartPosition } from '../types.ts';

export interface OpeningInput {
  readonly lease: Pick<Lease, 'position' | 'readMs'>;
  readonly start: StartPosition;
  /** How long the stream keeps its records; undefined: it does not say. */
  readonly retentionMs: number | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** When a sequence number was given out, where it tells. */
  timeOf(sequence: string): number | undefined;
}

/** Milliseconds since 1970: what arrived in between was forgotten before it was read. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
  /** False: nothing may have arrived at all. A row that a Java worker wrote last does not say until when its shard was read. */
  readonly certain: boolean;
}

export interface Opening {
  readonly from: ReadFrom;
  /** `latest` is a moment, and nobody has written down which: that comes first, or the next owner would begin at another. */
  readonly isFirst: boolean;
  readonly gap: Gap | undefined;
}

/** A position that is no record stands for all that was read, too, once it is known until when that was. */
function gapOf({ lease, retentionMs, nowMs, timeOf }: OpeningInput): Gap | undefined {
  const { position, readMs } = lease;
  const fromMs = readMs ?? (position.kind === 'sequence' ? timeOf(position.sequence) : undefined);
  if (retentionMs === undefined || fromMs === undefined) return undefined;
  const toMs = nowMs - retentionMs;
  return fromMs < toMs - clockMarginMs ? { fromMs, toMs, certain: readMs !== undefined } : undefined;
}

/** A finished lease is never opened. */
export function planOpening(input: OpeningInput): Opening {
  const { lease, start } = input;
  const { position, readMs } = lease;
  const opening = (from: ReadFrom): Opening => ({ from, isFirst: false, gap: gapOf(input) });
  switch (position.kind) {
    case 'sequence':
      return opening(position);
    case 'latest':
      return readMs === undefined
        ? { from: { kind: 'latest', sinceMs: input.nowMs }, isFirst: true, gap: undefined }
        : opening(fromMoment(Math.min(readMs, input.nowMs)));
    case 'at-timestamp':
      return opening(start.kind === 'timestamp' ? start : { kind: 'trim-horizon' });
    case 'trim-horizon':
    case 'shard-end':
      return opening({ kind: 'trim-horizon' });
    default:
      return position satisfies never;
  }
}
