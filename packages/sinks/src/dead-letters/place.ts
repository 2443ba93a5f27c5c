// A place for dead letters that is no database: what it offers beyond a store, and how it tells of what is none of its letters.
// It knows no place.
import type { DeadLetterStore } from '../types.ts';

export interface DeadLetterPlace extends DeadLetterStore {
  /** Looks whether the place is there and may be used. Throws `SinkError` with what a person can do. The other calls do not need it. */
  open(signal: AbortSignal): Promise<void>;
  /** Lets go of files, connections and letters in hand. Whatever is asked afterwards is refused with SINK_CLOSED. */
  close(): Promise<void>;
}

/** Something that lies among the letters and is none. It is passed over and left where it is. */
export interface Unreadable {
  /** File and line, object or message. */
  readonly where: string;
  readonly reason: string;
}

export type OnUnreadable = (unreadable: Unreadable) => void;
