// Columns of somebody's own in layout `columns`: what is cast to their types, and what goes to the extra column because it would be
// rounded or cut. It knows no server; the cases are each server's own.
import { ExactNumber, type TextPolicy, type Value, valueToJson } from '@shardfold/changes';
import { expect } from 'vitest';
import type { Sink } from '../../src/index.ts';
import { at, put, target, textKey } from '../../src/testing/index.ts';
import { never } from './machine.ts';

/** `stored`: the column as text, or that the value is in the extra column as it came. */
export type OwnColumn = readonly [type: string, value: Value, stored: string | typeof beside];

export const beside: unique symbol = Symbol('in the extra column');

/** No type of four or eight bytes holds it. */
export const manyDigits = new ExactNumber('1.2345678901234567890123');

export interface OwnColumns {
  readonly sink: Sink;
  readonly cases: readonly OwnColumn[];
  /** As the server's JSON keeps them. */
  readonly numbers?: TextPolicy['numbers'];
  /** Makes the table `orders` with these columns between its key and its version. */
  create(columns: string): Promise<void>;
  /** A row of it: its columns by name, all as text, `_extra` as JSON text. */
  read(id: string, names: readonly string[]): Promise<Readonly<Record<string, unknown>>>;
}

/** One row for each case; every column but its own stays empty. */
export async function ownColumnsHold({ sink, cases, numbers = 'exact', create, read }: OwnColumns): Promise<void> {
  const names = cases.map((_, index) => `c${index}`);
  await create(cases.map(([type], index) => `c${index} ${type}`).join(', '));
  const table = await sink.table(target('orders', { layout: 'columns' }), never);
  const group = cases.map(([, value], index) => put(textKey(`k${index}`), at(1), { [`c${index}`]: value }));
  expect(await table.write(group, never)).toMatchObject({ applied: cases.length, rejected: [] });
  const found: unknown[] = [];
  for (const index of cases.keys()) {
    const { _extra: extra, ...columns } = await read(`k${index}`, names);
    found.push([cases[index]?.[0], extra === null ? columns : `${extra}`.replaceAll(' ', '')]);
  }
  const empty = Object.fromEntries(names.map((name) => [name, null]));
  const wanted = cases.map(([type, value, stored], index) => [
    type,
    stored === beside ? `{"c${index}":${valueToJson(value, { numbers })}}`.replaceAll(' ', '') : { ...empty, [`c${index}`]: stored },
  ]);
  expect(found).toEqual(wanted);
}
