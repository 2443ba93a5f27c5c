// The columns of a table in layout `columns`, and where each attribute of a row goes: to its column, to one that must be added
// or widened first, or to the extra column. Pure; it knows no server beyond its rules for names.
import type { Value } from '@shardfold/changes';
import { type ColumnKind, cast, holds, kindOf, type NewKind, widened } from './kinds.ts';
import { columnName, folded, type NameRules } from './names.ts';

export interface TableColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  /** As the server calls it, for casts. */
  readonly type: string;
  /** False where the server fills it itself. */
  readonly writable: boolean;
  /** Somebody else made it: it keeps its type, and values are cast to it. */
  readonly own?: boolean;
  /** The server does not let it change its type: a view uses it, say. */
  readonly rigid?: boolean;
}

export interface Layout {
  /** All columns but the key's and bookkeeping's, in the table's order. */
  readonly columns: readonly TableColumn[];
  readonly hasExtra: boolean;
  /** Key and bookkeeping columns: no attribute may take them. */
  readonly taken: readonly string[];
  /** The key's attributes: they are there already. */
  readonly keys: readonly string[];
  /** No column can be added any more, or none may be. */
  readonly isFull: boolean;
  /** Whether columns may change their type. */
  readonly mayWiden: boolean;
  /** Whether a column of this type holds a value of its kind unchanged; absent where every one does. */
  holds?(type: string, value: Value): boolean;
}

export type ColumnChange =
  | { readonly kind: 'add'; readonly name: string; readonly column: NewKind }
  | { readonly kind: 'widen'; readonly name: string; readonly column: NewKind };

/** A row's values by column name, and what goes to the extra column by attribute name. */
export interface PlacedRow {
  readonly cells: ReadonlyMap<string, Value>;
  readonly extra: ReadonlyMap<string, Value>;
}

export interface Placement {
  readonly placed: PlacedRow;
  /** What must change before the row can go where it belongs; empty when it can go now. */
  readonly wanted: readonly ColumnChange[];
  /** Something goes to the extra column, and there is none. */
  readonly lacksExtra: boolean;
}

export interface Placer {
  place(attributes: Iterable<readonly [name: string, value: Value]>): Placement;
  /** The column in which an attribute of this name stands, if it has one. */
  columnOf(attribute: string): TableColumn | undefined;
}

/** Remembers what it worked out: attributes' names repeat from row to row. */
export function createPlacer(layout: Layout, rules: NameRules): Placer {
  const byName = new Map(layout.columns.map((column) => [column.name, column]));
  const names = [...layout.taken, ...byName.keys()];
  const remembered = new Map<string, string | undefined>();
  const keys = new Set(layout.keys);

  /** The column's name, there or not; undefined for an attribute that can have none. */
  function nameOf(attribute: string): string | undefined {
    const known = remembered.get(attribute);
    if (known !== undefined || remembered.has(attribute)) return known;
    const fitting = columnName(attribute, names, rules);
    const name = fitting === undefined || layout.taken.includes(fitting) ? undefined : fitting;
    if (remembered.size < maxRemembered) remembered.set(attribute, name);
    return name;
  }

  function changeFor(name: string, value: Value): ColumnChange | undefined {
    const column = byName.get(name);
    if (column === undefined) {
      const kind = layout.isFull ? undefined : kindOf(value);
      return kind === undefined ? undefined : { kind: 'add', name, column: kind };
    }
    const wider = layout.mayWiden && column.writable && column.rigid !== true && column.own !== true ? widened(column.kind, value) : undefined;
    return wider === undefined ? undefined : { kind: 'widen', name, column: wider };
  }

  /** The value as its column takes it; undefined where it goes elsewhere. */
  function fitting(name: string, value: Value): Value | undefined {
    const column = byName.get(name);
    if (column?.writable !== true) return undefined;
    const taken = column.own === true ? cast(column.kind, value) : holds(column.kind, value) ? value : undefined;
    return taken !== undefined && layout.holds?.(column.type, taken) !== false ? taken : undefined;
  }

  return {
    place(attributes) {
      const cells = new Map<string, Value>();
      const extra = new Map<string, Value>();
      const wanted: ColumnChange[] = [];
      for (const [attribute, value] of attributes) {
        if (value === null || keys.has(attribute)) continue;
        const name = nameOf(attribute);
        const fit = name === undefined || cells.has(name) ? undefined : fitting(name, value);
        if (name !== undefined && fit !== undefined) {
          cells.set(name, fit);
          continue;
        }
        const change = name === undefined ? undefined : changeFor(name, value);
        if (change === undefined) extra.set(attribute, value);
        else wanted.push(change);
      }
      return { placed: { cells, extra }, wanted, lacksExtra: extra.size > 0 && !layout.hasExtra };
    },
    columnOf(attribute) {
      const name = nameOf(attribute);
      return name === undefined ? undefined : byName.get(name);
    },
  };
}

/** Attributes whose column's name is kept in mind; a hostile stream that names ever new ones only costs time. */
const maxRemembered = 10_000;

/** One change per column, the widest wins, as many additions as there is room for; what is left over goes to the extra column. */
export function mergedChanges(wanted: Iterable<ColumnChange>, room: number, rules: Pick<NameRules, 'ignoresCase'>): readonly ColumnChange[] {
  const byName = new Map<string, ColumnChange>();
  let added = 0;
  for (const change of wanted) {
    const name = rules.ignoresCase ? folded(change.name) : change.name;
    const known = byName.get(name);
    if (known === undefined) {
      if (change.kind === 'add' && added >= room) continue;
      if (change.kind === 'add') added += 1;
      byName.set(name, change);
    } else if (known.name === change.name && known.column === 'integer' && change.column === 'number') {
      // What two kinds cannot share goes to the first; the second's rows find the extra column.
      byName.set(name, { ...known, column: 'number' });
    }
  }
  return [...byName.values()];
}
