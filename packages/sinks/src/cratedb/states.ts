// Reads what is stored of keys, and the floor of a table, as they are this moment: by key, for nothing else sees what was not
// refreshed. It decides nothing.
import type { Version } from '@shardfold/changes';
import type { StoredRow } from '../partial/fold.ts';
import { patchesOfText } from '../partial/patches-text.ts';
import { documentColumn } from '../sql/shape.ts';
import { askReadable } from './bulk.ts';
import type { Connection } from './connection.ts';
import { addressOfKey } from './encode.ts';
import { quoted } from './names.ts';
import type { CrateShape } from './shape.ts';
import { keyIs, seqText, versionOf } from './statements.ts';
import { isIntegerType } from './types.ts';

export interface Reading {
  readonly connection: Connection;
  readonly shape: CrateShape;
  readonly signal: AbortSignal;
}

/** Where in its shard's history a row was read: a write that names it fails when the row has changed since. */
export type Place = readonly [seqNo: string, primaryTerm: string];

export interface StoredState {
  readonly row: StoredRow | undefined;
  readonly dead: Version | undefined;
  readonly deleted: boolean;
  /** JSON text of the document, or of the extra column. */
  readonly content: string;
  readonly place: Place;
}

/** The key's columns as a question names them: integers as text, for JSON readers round them. */
export function keySelection({ key }: Pick<CrateShape, 'key'>): string[] {
  return key.map(({ name, declared = '' }) => (isIntegerType(declared) ? `${quoted(name)}::TEXT` : quoted(name)));
}

/** A key from an answer, as arguments. */
export function keyOfAnswer({ key }: Pick<CrateShape, 'key'>, values: readonly unknown[]): string[] {
  return key.map(({ declared = '' }, index) => (isIntegerType(declared) ? String(values[index]) : JSON.stringify(values[index])));
}

/** Of the keys that have a row, by their addresses. Throws `SinkError`. */
export async function readStates(reading: Reading, keys: readonly (readonly string[])[]): Promise<Map<string, StoredState>> {
  const { shape } = reading;
  const { key, names, dead, patches, layout, rows } = shape;
  const content = quoted(layout === 'document' ? documentColumn : names.extra);
  const facts = [names.time, names.seq, dead.time, dead.seq, names.deleted].map(quoted);
  const selection = [...keySelection(shape), ...facts, `${content}::TEXT`, '"_seq_no"', '"_primary_term"', patches ? quoted(names.partial) : 'NULL'];
  const condition = keys.map(() => `(${keyIs(shape)})`).join(' OR ');
  const answer = await askReadable({ ...reading, table: rows }, `SELECT ${selection.join(', ')} FROM ${rows} WHERE ${condition}`, keys.flat());
  return new Map(
    answer.map((values) => {
      const [time, seq, deadTime, deadSeq, deleted, text, seqNo, term, partial] = values.slice(key.length);
      const version = versionOf(time, seq);
      const state: StoredState = {
        row: version && { version, patches: patchesOfText(typeof partial === 'string' ? partial : null) },
        dead: versionOf(deadTime, deadSeq),
        deleted: deleted === true,
        content: typeof text === 'string' ? text : '',
        place: [String(seqNo), String(term)],
      };
      return [addressOfKey(keyOfAnswer(shape, values)), state] as const;
    }),
  );
}

export async function readFloor({ connection, shape, signal }: Reading): Promise<Version | undefined> {
  const { rows } = await connection.ask(`SELECT "cdc_time", "cdc_seq" FROM ${shape.floors} WHERE "target" = ?`, signal, [JSON.stringify(shape.floorName)]);
  return versionOf(rows[0]?.[0], rows[0]?.[1]);
}

/** Arguments of a comparison with a version, as `atMost` makes it. */
export function boundArgs({ time, seq }: Version): string[] {
  return [String(time), String(time), `"${seqText(seq)}"`];
}

export function atMost([time, seq]: readonly [time: string, seq: string]): string {
  return `(${time} < ? OR ${time} = ? AND ${seq} <= ?)`;
}
