// The codes of dead letters: what is wrong with a record, a change or a row, and what a person can do. What is wrong with a database or
// a stream is in `error-catalogue.ts`.
import type { DecodeError } from '@shardfold/changes';
import type { RowCode } from '@shardfold/sinks';

export interface CodeEntry {
  readonly what: string;
  /** The most that stands still because of it. */
  readonly scope: 'record' | 'batch' | 'shard' | 'stream' | 'sink' | 'worker' | 'config';
  /** `depends`: the message says whether it is. */
  readonly retryable: 'yes' | 'no' | 'depends';
  readonly does: string;
  readonly remedy: string;
}

export type Entries<Code extends string> = Readonly<Record<Code, CodeEntry>>;
type Told = Pick<CodeEntry, 'what' | 'remedy'>;

const buried = 'The record is kept as a dead letter with its bytes, and the shard goes on.';

function dead<Code extends string>(told: Readonly<Record<Code, Told>>): Entries<Code> {
  const entries = Object.entries<Told>(told).map(([code, each]) => [code, { ...each, scope: 'record', retryable: 'no', does: buried }]);
  return Object.fromEntries(entries) as Entries<Code>;
}

export const decodeCodes: Entries<DecodeError['code']> = dead({
  NOT_JSON: {
    what: 'The record is no JSON, or not UTF-8.',
    remedy: 'Check what wrote it. Where the stream carries something else on purpose, give that a stream of its own.',
  },
  UNKNOWN_FORMAT: {
    what: 'The record is JSON, and of none of the formats, or not of the one that `source.format` names.',
    remedy: 'Look at it with `shardfold dlq show ID`, and compare it with what `shardfold formats` tells. Correct `source.format`, and replay.',
  },
  BROKEN_RECORD: { what: 'The record is of a known format, and a part of it is missing or wrong.', remedy: 'Check what wrote it. The message names the part.' },
  BROKEN_VALUE: {
    what: 'A value of the row is not what its type says.',
    remedy: 'Check what wrote it. The message names the attribute. Correct it at the source: the next change of the row is whole.',
  },
  NO_IMAGE: {
    what: 'The change came without the row that it is about.',
    remedy: 'Have the source send new images: StreamViewType NEW_AND_OLD_IMAGES, binlog_row_image=FULL, changeStreams with fullDocument.',
  },
  TOO_DEEP: { what: 'The record is nested deeper than the program reads.', remedy: 'Check what wrote it.' },
  TOO_LARGE: { what: 'The record, one of its numbers or the count of its changes is beyond what the program takes.', remedy: 'Check what wrote it.' },
  EMPTY: { what: "The record has no bytes, and is no format's tombstone.", remedy: 'Check what wrote it.' },
});

/** Of the router and of a replay. */
export const routeCodes: Entries<string> = dead({
  ROW_WITHOUT_KEY: {
    what: 'The change has no key, and no row can be addressed without.',
    remedy: 'Name the key columns in `tables[].key`, and replay with `shardfold dlq replay --code ROW_WITHOUT_KEY`.',
  },
  ROW_WITHOUT_IMAGE: { what: 'An insert or update came without the row.', remedy: 'Have the source send new images.' },
  TARGET_NAME: {
    what: "The name of the change's table is one that its sink can give to no table, or that a table of this program has.",
    remedy: 'Give its source another name in `tables[].target`, and replay.',
  },
  REPLAY_WITHOUT_KEY: {
    what: 'A dead letter is replayed whose key was in the partition key of its record, which letters of older versions do not hold.',
    remedy: 'Name the key columns in `tables[].key` and replay it, or read the record again from the stream with `shardfold rewind`.',
  },
});

/** Of the sinks themselves; a server's own codes stand beside them. */
export const rowCodes: Entries<RowCode> = dead({
  KEY_TYPE: { what: "The key has other parts or types than the table's.", remedy: 'Correct `tables[].key`, and replay.' },
  KEY_CHANGED: {
    what: 'A key column would store the key as another one, which may be the key of another row.',
    remedy: 'Give the column a type that keeps it, text without a length, say; start the workers again, and replay.',
  },
  KEY_RANGE: { what: 'A key is a number that its column cannot hold.', remedy: 'Give the column a wider type, or make it text; replay.' },
  BAD_VERSION: { what: "The change's version is no integer and digits.", remedy: 'Check what wrote the record. If it is whole, report it.' },
  BAD_VALUE: { what: 'A number has digits that are none.', remedy: 'Check what wrote the record. If it is whole, report it.' },
  NOT_UNICODE: { what: 'A text has half a surrogate pair, which UTF-8 cannot hold.', remedy: 'Correct the text at the source.' },
  NUL_IN_NAME: { what: "An attribute's name holds NUL.", remedy: 'Rename it at the source, or leave it out with `tables[].columns.drop`.' },
  NAME_RESERVED: {
    what: 'An attribute has a name that the database or its driver needs itself.',
    remedy: 'Give it another with `tables[].columns.rename`, and replay.',
  },
  NUMBER_RANGE: {
    what: 'A number does not fit its column without being rounded.',
    remedy: 'Give the column a type that keeps all digits, which the message names; replay.',
  },
  NO_ROOM: {
    what: 'The row has values that fit no column, and the server adds no further one.',
    remedy: 'Make columns smaller (text in place of a long varchar, say) or drop some, start the worker again, and replay.',
  },
  PATCH_UNSUPPORTED: {
    what: 'The change leaves columns out, and the table has no column to keep their versions.',
    remedy: 'Add the column that the message names while no worker writes to the table, and replay; or let the source send whole rows.',
  },
  ROW_TOO_LARGE: { what: 'The row makes a statement that is larger than the server takes.', remedy: 'Raise max_allowed_packet of the server, and replay.' },
  TOO_LARGE: {
    what: 'The row is larger than the server takes.',
    remedy: 'Leave large attributes out with `tables[].columns.drop`, or raise the limit where the server has one; replay.',
  },
});
