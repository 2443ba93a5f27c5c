// What this package tells tools that trace: `node:diagnostics_channel`, by operation. Without a subscriber nothing is built and
// nothing is said. It knows no tool.
import { tracingChannel } from 'node:diagnostics_channel';
import type { Position } from '@shardfold/lease';
import type { ShardRef } from './types.ts';

/** What subscribers get, by channel; Node adds `result` or `error`. */
export interface TraceMessages {
  /** Around each call of a processor: so many records, for the so-manieth time (from 1). */
  readonly 'shardfold:consumer:process': { readonly shard: ShardRef; readonly records: number; readonly attempt: number };
  /** Around each call that reads records. */
  readonly 'shardfold:consumer:fetch': { readonly shard: ShardRef };
  /** Around each write of a position that is not taken along by a renewal. */
  readonly 'shardfold:consumer:checkpoint': { readonly shard: ShardRef; readonly position: Position };
}

const channels = {
  'shardfold:consumer:process': tracingChannel('shardfold:consumer:process'),
  'shardfold:consumer:fetch': tracingChannel('shardfold:consumer:fetch'),
  'shardfold:consumer:checkpoint': tracingChannel('shardfold:consumer:checkpoint'),
} as const satisfies Record<keyof TraceMessages, unknown>;

/** Runs the operation, and tells of it whoever listens on the channel. */
export function traced<Name extends keyof TraceMessages, Result>(name: Name, message: () => TraceMessages[Name], run: () => Promise<Result>): Promise<Result> {
  const channel = channels[name];
  return channel.hasSubscribers ? channel.tracePromise(run, message()) : run();
}
