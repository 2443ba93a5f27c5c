// The shape of `/status`: what the worker says and the page shows. Plain data for JSON; absent is null. Names ending in `Ms` are
// milliseconds, those ending in `AtMs` milliseconds since 1970. It holds no code.

/** Whose fault a problem is. `leases` is the lease table, `data` what the records hold. */
export type Blame = 'source' | 'leases' | 'worker' | 'sink' | 'data';

/** `bad` wants a person now; `warn` may pass by itself. */
export type Level = 'good' | 'warn' | 'bad';

export interface Problem {
  readonly blame: Blame;
  readonly level: Exclude<Level, 'good'>;
  /** A headline. */
  readonly title: string;
  /** What happened, and to whom. */
  readonly text: string;
  /** What a person can do. */
  readonly advice: string;
}

export interface Verdict {
  readonly level: Level;
  readonly title: string;
  /** The worst first. */
  readonly problems: readonly Problem[];
}

/**
 * What is done with a shard. This worker: `granted`, `running`, `retrying`, `draining`. Others: `elsewhere`, `unowned`, and `after-parents`
 * for a shard whose parents are read first. `done`: read to its end.
 */
export type ShardViewState = 'granted' | 'running' | 'retrying' | 'draining' | 'done' | 'elsewhere' | 'unowned' | 'after-parents' | 'waiting';

export interface ShardView {
  /** Its lease key. */
  readonly lease: string;
  readonly shard: string;
  readonly stream: string;
  readonly owner: string | null;
  /** By this worker. */
  readonly held: boolean;
  readonly state: ShardViewState;
  readonly stateMs: number | null;
  /** Of the first batch that fails. */
  readonly trouble: { readonly attempts: number; readonly error: string; readonly sinceMs: number } | null;
  readonly position: string;
  /** What arrived before then is read, and the position covers it. */
  readonly readAtMs: number | null;
  /** How far `readAtMs` is in the past; of another worker's shard: how far it was when its lease was last seen to change. */
  readonly ageMs: number | null;
  /** How far the last read was behind the tip; only of shards held here. */
  readonly behindLatestMs: number | null;
  /** How late the shard is: held here, from what was read and what is on its way; elsewhere, its age. */
  readonly lagMs: number | null;
  /** Later than it should be. */
  readonly isLate: boolean;
  /** How long the oldest batch has been on its way to the sink. */
  readonly processingMs: number | null;
  readonly unownedMs: number | null;
  readonly inFlightRecords: number;
  readonly recordsPerSecond: number;
  /** As its owner wrote it into the lease table. */
  readonly bytesPerSecond: number | null;
  readonly counter: string | null;
  readonly parents: readonly string[];
  readonly children: readonly string[];
  /** Decimal, both ends included. */
  readonly hashRange: { readonly start: string; readonly end: string } | null;
  readonly lastError: string | null;
}

export interface SinkView {
  readonly name: string;
  readonly kind: string;
  /** `waiting`: it takes no writes at all; `partly`: those of some tables fail, which are in `blocked`. */
  readonly state: 'ok' | 'partly' | 'waiting';
  readonly waitingMs: number | null;
  /** The longest first, at most 20 of them. */
  readonly blocked: readonly { readonly table: string; readonly waitingMs: number; readonly error: string }[];
  readonly blockedCount: number;
  /** How long it has owed the oldest answer; null: it owes none. */
  readonly silentMs: number | null;
  readonly rowsPerSecond: number;
  /** Of the statements of the last minute, at most 512 of them. */
  readonly writes: { readonly count: number; readonly p50Ms: number; readonly p99Ms: number } | null;
  /** What follows was asked so long ago; null: not yet. */
  readonly askedMs: number | null;
  /** Product and version. */
  readonly server: string | null;
  /** One round trip. */
  readonly latencyMs: number | null;
  readonly connections: { readonly open: number; readonly idle: number; readonly waiting: number; readonly max: number } | null;
  /** What a person should know of its tables. */
  readonly remarks: readonly string[];
  readonly lastError: string | null;
}

/** The place of the dead letters, where they do not lie in the sinks: it takes none. */
export interface LettersAwayView {
  readonly place: string;
  readonly waitingMs: number;
  readonly error: string;
}

/** What this worker has read since its start and did not write, because nothing wants it. */
export interface LeftOutView {
  /** Changes of tables that no entry of `tables` names. */
  readonly noRule: number;
  /** Changes that `where` or `truncate` leaves out. */
  readonly filtered: number;
  /** Records that hold no change. */
  readonly ignored: number;
}

export interface LetterView {
  readonly id: string;
  readonly failedAtMs: number;
  readonly worker: string;
  readonly stream: string;
  readonly shard: string;
  readonly sequence: string;
  readonly stage: string;
  readonly sink: string | null;
  readonly target: string | null;
  readonly key: string | null;
  readonly code: string;
  readonly message: string;
  /** The beginning of the record, as text. */
  readonly beginning: string;
}

export interface LettersView {
  /** By this worker. */
  readonly sinceStart: number;
  readonly lastFiveMinutes: number;
  /** By all workers of all applications that keep theirs in the same places; null: nobody counted them. */
  readonly keptByAllApplications: number | null;
  /** There are more than that: nobody goes on counting them. */
  readonly keptMore: boolean;
  /** The newest first. */
  readonly recent: readonly LetterView[];
}

/** Columns of equal length, the oldest first. */
export interface HistoryView {
  readonly atMs: readonly number[];
  /** Read by this worker. */
  readonly recordsPerSecond: readonly number[];
  /** Written by this worker. */
  readonly rowsPerSecond: readonly number[];
  /** The latest shard's of those held here; of the others as they were seen. */
  readonly lagMs: readonly (number | null)[];
  readonly elsewhereLagMs: readonly (number | null)[];
}

export interface StatusView {
  readonly application: string;
  readonly worker: string;
  readonly version: string;
  readonly state: string;
  readonly startedAt: string;
  readonly uptimeMs: number;
  /** When this was said. */
  readonly nowMs: number;
  readonly verdict: Verdict;
  readonly source: { readonly kind: string; readonly mode: string; readonly streams: readonly string[] };
  readonly recordsPerSecond: number;
  readonly inFlightBytes: number;
  readonly bufferBytes: number;
  readonly lastError: { readonly message: string; readonly at: string } | null;
  /** The whole fleet's, as the lease table has them. */
  readonly shards: readonly ShardView[];
  readonly sinks: readonly SinkView[];
  readonly deadLetters: LettersView;
  readonly lettersAway: LettersAwayView | null;
  readonly leftOut: LeftOutView;
  readonly history: HistoryView;
}
