// What a law of the suite is, and what it is tried on. It knows no sink and no law.
import type { Image, TextPolicy, Version } from '@shardfold/changes';
import type { Sink, TargetTable } from '../types.ts';
import type { StoredRow } from './stored-row.ts';

/** What differs between servers. Laws that a server cannot have are left out of its list. */
export interface SinkTraits {
  readonly layouts: readonly TargetTable['layout'][];
  readonly numbers: TextPolicy['numbers'];
  /** `unresolved`: the server cannot always tell applied from superseded; the reports still claim nothing that is not so. */
  readonly reports: 'exact' | 'unresolved';
  /** An image that this server refuses as the row's fault, in either layout; undefined when it takes everything. */
  readonly refused: Image | undefined;
  /** The longest text that may be a key, in bytes; laws use at most 2,000. */
  readonly maxKeyBytes: number;
  /** The largest row, in bytes; laws use at most five million. */
  readonly maxRowBytes: number;
  /** How deep a value may be nested; laws go 80 deep at most. */
  readonly maxDepth: number;
  /** A write in flight can be broken off. A database inside the process has written before anybody could. */
  readonly breaksOff: boolean;
  /** A table that is missing and may not be created is refused with statements that create it, after the first line of the message. */
  readonly ddl: boolean;
  /** A row can be put into a table past the sink. */
  readonly plants: boolean;
}

/** An SQL database that can do everything; for others, spread and change. */
export const sqlTraits: SinkTraits = {
  layouts: ['document', 'columns'],
  numbers: 'exact',
  reports: 'exact',
  refused: { text: 'a\u0000b' },
  maxKeyBytes: 2_000,
  maxRowBytes: 5_000_000,
  maxDepth: 80,
  breaksOff: true,
  ddl: true,
  plants: true,
};

export interface SinkUnderTest {
  /** Two opened sinks over one empty database, as two processes would have them; they may be the same. */
  readonly sinks: readonly [Sink, Sink];
  /** What a table holds now. */
  rows(target: TargetTable): Promise<readonly StoredRow[]>;
  /** Runs statements of the server's language, as a person would. For `ddl`. */
  run?(statements: string): Promise<void>;
  /** Puts the row `{}` of this text key into a table of layout `document`, past every guard. For `plants`. */
  plant?(target: TargetTable, id: string, version: Version): Promise<void>;
  /** Closes what `makeSink` opened. */
  close(): Promise<void>;
}

export interface SuiteOptions {
  /** How many groups the law of four writers writes. */
  readonly groups: number;
}

/** A sink under test with everything that a law asks. */
export interface Trial extends SinkUnderTest, SuiteOptions {
  readonly traits: SinkTraits;
}

export interface Law {
  readonly name: string;
  /** Whether the law concerns a server with these traits; every server, when absent. */
  readonly concerns?: (traits: SinkTraits) => boolean;
  readonly holds: (trial: Trial) => Promise<void>;
}

export const neverAborted: AbortSignal = new AbortController().signal;
