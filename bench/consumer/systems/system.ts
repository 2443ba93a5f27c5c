// What every system must be able to do to be measured. It knows none of them.

/** What a worker is told. */
export interface Place {
  readonly application: string;
  readonly stream: string;
  readonly shards: number;
  readonly kinesisUrl: string;
  readonly dynamoUrl: string;
}

/** What a worker has done since its start, all of it read at the same moment. */
export interface Sample {
  readonly atMs: number;
  /** Given to the processor. */
  readonly records: number;
  /** Shards of which the processor had a record. */
  readonly shards: number;
  /** Wall clock, of the first of them. */
  readonly firstRecordMs?: number;
  /** User and system, all threads; of all processes where there are several. */
  readonly cpuMs: number;
  /** By how much the event loop was late, 99th percentile since the last sample. */
  readonly loopDelayMs?: number;
  /** Memory that the collector counts, and buffers. */
  readonly heapBytes?: number;
}

export interface Running {
  /** Wall clock. */
  readonly startedMs: number;
  /** Rejects, with what it complained of, when the worker has ended. */
  sample(): Promise<Sample>;
  residentBytes(): Memory;
  /** So that the next worker of the application goes on at once. Resolves when all its processes are gone. */
  end(): Promise<void>;
}

/** Of all its processes together; pages that they share count for each. */
export interface Memory {
  readonly now: number;
  readonly peak: number;
}

export interface System {
  readonly id: string;
  readonly name: string;
  /** Of ours, what the records per CPU-second of this one are compared with. */
  readonly comparedWith: string;
  /** The wire that the system reads, as it is out of the box. */
  readonly http2: boolean;
  /** With more, the machine is measured and not the system. */
  readonly shardsMax: number;
  /**
   * Absent: it begins with an empty lease table in each round, which is measured. Given: systems with the same name share a lease
   * table that is filled once, with its waits cut short where that can be set.
   */
  readonly seeded?: string;
  start(place: Place, how: { readonly seeding: boolean }): Promise<Running>;
}
