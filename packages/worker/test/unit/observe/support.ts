// A narrator with a clock of its own, and what it says.
import type { ShardRef } from '@shardfold/consumer';
import type { WorkerEvent } from '../../../src/observe/events.ts';
import { createLog } from '../../../src/observe/log.ts';
import type { LogLevel } from '../../../src/observe/log-events.ts';
import type { Narration } from '../../../src/observe/narration.ts';
import { createNarrator } from '../../../src/observe/narrator.ts';
import { createTroubles } from '../../../src/observe/troubles.ts';

export const shard: ShardRef = { stream: 's', shardId: 'shard-1', key: 'shard-1' };

export interface Line {
  readonly level: LogLevel;
  readonly event: string;
  readonly worker: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface Listener extends Pick<Narration, 'log' | 'troubles'> {
  readonly lines: readonly Line[];
  narrate(event: WorkerEvent): void;
  /** Monotonic. */
  nowMs: number;
}

export function listener({ level = 'info', streams = ['s'] }: { readonly level?: LogLevel; readonly streams?: readonly string[] } = {}): Listener {
  const lines: Line[] = [];
  const log = createLog({ worker: 'w-1', level, format: 'json', destination: { write: (line) => lines.push(JSON.parse(line) as Line) } });
  const troubles = createTroubles({ monotonicMs: () => heard.nowMs });
  const heard: Listener = { log, troubles, lines, narrate: createNarrator({ log, troubles, streams }), nowMs: 0 };
  return heard;
}

/** Lines of events that all come at once. */
export function told(events: readonly WorkerEvent[], level?: LogLevel): readonly Line[] {
  const heard = listener(level === undefined ? {} : { level });
  for (const event of events) heard.narrate(event);
  return heard.lines;
}
