// Turns typed events into log lines: what happened, what the program does now, what a person can do. What goes on happening is
// said once and then every minute. It decides nothing.
import type { WorkerEvent } from './events.ts';
import { leasePlaces } from './lease-places.ts';
import type { Log } from './log.ts';
import { narrateLeases } from './narrate-leases.ts';
import { narrateShards } from './narrate-shards.ts';
import { narrateSinks } from './narrate-sinks.ts';
import { narrateSource } from './narrate-source.ts';
import type { EventKind, EventOf, Narration, Narrators } from './narration.ts';
import type { Troubles } from './troubles.ts';

export interface NarratorParts {
  readonly log: Log;
  readonly troubles: Troubles;
  /** As configured. */
  readonly streams: readonly string[];
}

export function createNarrator({ log, troubles, streams }: NarratorParts): (event: WorkerEvent) => void {
  const narration: Narration = { log, troubles, placeOf: leasePlaces(streams) };
  const narrators: Narrators = { ...narrateLeases(narration), ...narrateSource(narration), ...narrateShards(narration), ...narrateSinks(narration) };
  const narrate = <Kind extends EventKind>(kind: Kind, event: EventOf<Kind>): void => narrators[kind](event);
  return (event) => narrate(event.kind, event);
}
