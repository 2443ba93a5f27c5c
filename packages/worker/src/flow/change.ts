// What flows from routing to a sink: one mutation with the record and the event it came from. It holds no behaviour.
import type { RowChange } from '@shardfold/changes';
import type { StreamRecord } from '@shardfold/consumer';
import type { Mutation } from '@shardfold/sinks';

export interface Change {
  readonly mutation: Mutation;
  /** Kept for dead letters: the record's bytes, while its batch is in hand. */
  readonly record: StreamRecord;
  readonly event: RowChange;
}

/** What cannot go on, and why. `code` is the codec's, the router's or the server's. */
export interface Fault {
  readonly stage: 'decode' | 'route' | 'write';
  readonly code: string;
  readonly message: string;
}
