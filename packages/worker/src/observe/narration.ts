// What those who turn events into log lines share. It tells nothing itself.
import type { WorkerEvent } from './events.ts';
import type { LeasePlace } from './lease-places.ts';
import type { Log } from './log.ts';
import type { Troubles } from './troubles.ts';

export interface Narration {
  readonly log: Log;
  readonly troubles: Troubles;
  /** By the lease's key. */
  readonly placeOf: (key: string) => LeasePlace;
}

export type EventKind = WorkerEvent['kind'];
export type EventOf<Kind extends EventKind> = Extract<WorkerEvent, { readonly kind: Kind }>;

/** One for each kind: a new kind of event does not typecheck until somebody tells of it or says that nobody does. */
export type Narrators<Kind extends EventKind = EventKind> = { readonly [Each in Kind]: (event: EventOf<Each>) => void };

export const silent = (): void => undefined;
