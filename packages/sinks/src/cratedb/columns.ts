// The columns of an open table in layout `columns`, and where each attribute of a row goes. A value that its column would change
// goes to the extra column. It runs nothing.

import { type Image, type TextPolicy, type Value, valueToJson } from '@shardfold/changes';
import { base64 } from '../base64.ts';
import { kindOf } from '../columns/kinds.ts';
import { type ColumnChange, createPlacer, mergedChanges, type Placer } from '../columns/layout.ts';
import { attributesOf } from '../sql/columns.ts';
import type { FoundTable } from './catalog.ts';
import { attributeColumns } from './fit.ts';
import { crateNames } from './names.ts';
import { type CrateShape, ownColumns } from './shape.ts';
import { statementLength } from './statements.ts';
import { cellJson, kindOfType, newColumnTypes } from './types.ts';

/** The server takes statements of 262,144 characters, and each column stands in them several times. */
const maxStatementLength = 220_000;
/** What a column with a long name adds to them. */
const maxLengthPerColumn = 1_600;
/** Columns that bookkeeping may need later. */
const reserved = 4;

export interface Columns {
  /** Those that are written, in their order. */
  readonly attributes: readonly string[];
  readonly placer: Placer;
  readonly fingerprint: string;
  /** How many columns can still be added. */
  readonly room: number;
  readonly typeOf: ReadonlyMap<string, string>;
}

/** A row's values as JSON texts. */
export interface Placed {
  readonly cells: ReadonlyMap<string, string>;
  /** By attribute. */
  readonly extra: ReadonlyMap<string, string>;
}

export interface Placement {
  readonly placed: Placed;
  readonly wanted: readonly ColumnChange[];
}

export function columnsOf(shape: CrateShape, found: FoundTable, mayChange: boolean, isFull: boolean): Columns {
  const columns = attributeColumns(found, shape).map(({ name, type, generated }) => ({ name, type, kind: kindOfType(type), writable: !generated }));
  const attributes = columns.filter(({ writable }) => writable).map(({ name }) => name);
  const left = Math.floor((maxStatementLength - statementLength(shape, attributes)) / maxLengthPerColumn);
  const room = isFull ? 0 : Math.max(0, Math.min(left, found.maxColumns - reserved - found.columns.length));
  const keys = shape.key.map(({ name }) => name);
  const taken = [...new Set([...keys, ...Object.values(shape.names), ...ownColumns(shape)])];
  return {
    attributes,
    placer: createPlacer({ columns, hasExtra: true, taken, keys, isFull: room === 0 || !mayChange, mayWiden: false }, crateNames),
    fingerprint: found.fingerprint,
    room,
    typeOf: new Map(columns.map(({ name, type }) => [name, type])),
  };
}

/** Whether a column made for this value would hold it as it is. */
function wouldFit(value: Value): boolean {
  const kind = kindOf(value);
  return kind !== undefined && cellJson(newColumnTypes[kind].toLowerCase().replace(/\(.*/, ''), value) !== undefined;
}

/** Binary is base64 text from here on. */
function storable(value: Value): Value {
  return value instanceof Uint8Array ? base64(value) : value;
}

export function place(columns: Columns, image: Image, policy: TextPolicy): Placement {
  const values = new Map(attributesOf(image, policy).map(([name, value]) => [name, storable(value)]));
  const extra = new Map<string, string>();
  const toExtra = (name: string, value: Value): void => {
    extra.set(name, valueToJson(value, policy));
  };
  const placeable: (readonly [name: string, value: Value])[] = [];
  for (const [name, value] of values) {
    if (value === null || columns.placer.columnOf(name) !== undefined || wouldFit(value)) placeable.push([name, value]);
    else toExtra(name, value);
  }
  const { placed, wanted } = columns.placer.place(placeable);
  for (const [name, value] of placed.extra) toExtra(name, value);
  const cells = new Map<string, string>();
  for (const [name, value] of values) {
    const column = columns.placer.columnOf(name)?.name;
    const cell = column === undefined || extra.has(name) ? undefined : placed.cells.get(column);
    if (column === undefined || cell === undefined) continue;
    const json = cellJson(columns.typeOf.get(column) ?? '', cell);
    if (json === undefined) toExtra(name, value);
    else cells.set(column, json);
  }
  return { placed: { cells, extra }, wanted };
}

/** What must be added before all rows can go where they belong: names and types. */
export function additionsFor(placements: Iterable<Placement>, { room }: Columns): readonly (readonly [name: string, type: string])[] {
  const wanted = [...placements].flatMap((placement) => placement.wanted);
  return mergedChanges(wanted, room, crateNames).map(({ name, column }) => [name, newColumnTypes[column]] as const);
}
