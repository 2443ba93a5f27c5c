// Whether the page of types tells the truth: every value that it tells of is written to a real server, and the server is asked where
// it stands. Tests for one database each.
import { type Value, valueToJson } from '@shardfold/changes';
import { expect, test } from 'vitest';
import { type Database, databases, outcome, putOf, type Stored, targetOf } from '../../../../scripts/reference/type-targets.ts';
import { keyValues, type NamedValue, values } from '../../../../scripts/reference/type-values.ts';
import { prepareGroup } from '../../src/index.ts';
import { exactMembers } from '../../src/testing/check.ts';
import { textOfValue } from '../../src/testing/stored-row.ts';
import type { KeyType, Mutation, TargetTable } from '../../src/types.ts';
import { never } from './machine.ts';
import { inPlace, type Place, type PlaceOptions } from './places.ts';

function databaseOf(name: string): Database & { readonly columns: NonNullable<Database['columns']> } {
  const found = databases.find((database) => database.name === name);
  if (found?.columns === undefined) throw new Error(`The page tells nothing of columns in ${name}.`);
  return { ...found, columns: found.columns };
}

/** A value by its digits and characters, whatever the way it is written. */
function exactly(json: string): unknown {
  return exactMembers(`{"value":${json}}`).get('value');
}

/** What is read of it: the servers have numbers for true and bytes of their own. */
function wantedOf(value: Value, stored: Stored): unknown {
  const isPlain = typeof value === 'boolean' || value instanceof Uint8Array;
  return exactly(isPlain || !('text' in stored) ? valueToJson(value, { numbers: 'exact' }) : (stored.text ?? ''));
}

/** Writes the mutations as one group; answers the codes of those that were refused. */
async function written({ sink }: Place, target: TargetTable, mutations: readonly Mutation[]): Promise<ReadonlyMap<Mutation | undefined, string>> {
  const group = prepareGroup(mutations);
  const { rejected } = await (await sink.table(target, never)).write(group, never);
  return new Map(rejected.flatMap(({ index, error }) => (group[index] === undefined ? [] : [[group[index], error.code] as const])));
}

/** What the server calls columns of these types. */
async function ownNames(place: Place, table: string, types: readonly string[]): Promise<ReadonlyMap<string, string>> {
  await place.run(`CREATE TABLE ${table} (${types.map((type, at) => `c${at} ${type}`).join(', ')})`);
  const found = await place.types(table);
  return new Map(types.map((type, at) => [type, found.get(`c${at}`) ?? '']));
}

interface Outcome {
  readonly name: string;
  readonly value: Value;
  readonly stored: Stored;
}

/** What the page says of each of these values. */
function toldOf(database: Database, of: TargetTable['layout'] | KeyType, each: readonly NamedValue[]): Outcome[] {
  return each.map(({ name, value }) => {
    const stored = outcome(database, of, { name, value });
    if (stored === undefined) throw new Error(`The page says nothing of ${name} in ${database.name}.`);
    return { name, value, stored };
  });
}

/** Each value has an attribute of its own, as `v7`, and a row of its own. */
async function columnsHold(place: Place, database: ReturnType<typeof databaseOf>): Promise<void> {
  const target = targetOf('columns', ['text']);
  const rows = values.map(({ value }, at) => putOf([`r${at}`], { [`v${at}`]: value }));
  const refused = await written(place, target, rows);
  const types = await place.types(target.name);
  const names = await ownNames(place, 'told', Object.values(database.columns.kinds));
  const data = new Map((await place.rows(target)).map((row) => [row.key[0], exactMembers(row.data)]));
  const extras = await place.run(`SELECT k0 FROM ${target.name} WHERE _extra IS NOT NULL`);
  const found = values.map(({ name }, at) => {
    const code = refused.get(rows[at]);
    if (code !== undefined) return [name, 'refused', code];
    const isExtra = extras.some(({ k0 }) => k0 === `r${at}`);
    const held = data.get(`r${at}`)?.get(`v${at}`);
    if (held === undefined) return [name, 'nothing'];
    return [name, isExtra ? 'extra' : types.get(`v${at}`), held];
  });
  const wanted = toldOf(database, 'columns', values).map(({ name, value, stored }) => {
    if (stored.kind === 'null') return [name, 'nothing'];
    if (stored.kind === 'refused') return [name, 'refused', stored.code];
    return [name, stored.kind === 'extra' ? 'extra' : names.get(stored.type), wantedOf(value, stored)];
  });
  expect(found).toEqual(wanted);
}

async function documentsHold(place: Place, database: Database): Promise<void> {
  const target = targetOf('document', ['text']);
  const rows = values.map(({ value }, at) => putOf([`r${at}`], { v: value }));
  const refused = await written(place, target, rows);
  const data = new Map((await place.rows(target)).map((row) => [row.key[0], exactMembers(row.data)]));
  const found = values.map(({ name }, at) => {
    const code = refused.get(rows[at]);
    return code === undefined ? [name, data.get(`r${at}`)?.get('v')] : [name, 'refused', code];
  });
  const wanted = toldOf(database, 'document', values).map(({ name, value, stored }) =>
    stored.kind === 'refused' ? [name, 'refused', stored.code] : [name, wantedOf(value, stored)],
  );
  expect(found).toEqual(wanted);
}

async function keysHold(place: Place, database: Database, type: KeyType): Promise<void> {
  const target = { ...targetOf('document', [type]), name: `keys_${type}` };
  const own = keyValues.filter((each) => each.type === type);
  const rows = own.map(({ value }) => putOf([value], {}));
  const refused = await written(place, target, rows);
  const [declared = ''] = database.keyTypes([type]);
  expect((await place.types(target.name)).get('k0')).toBe((await ownNames(place, `told_${type}`, [declared])).get(declared));
  const verdicts = toldOf(database, type, own).map(({ stored, ...each }) => ({ ...each, code: stored.kind === 'refused' ? stored.code : undefined }));
  expect(own.map(({ name }, at) => [name, refused.get(rows[at])])).toEqual(verdicts.map(({ name, code }) => [name, code]));
  const keys = (await place.rows(target)).map((row) => row.key[0]).sort();
  expect(keys).toEqual(verdicts.flatMap(({ value, code }) => (code === undefined ? [textOfValue(value)] : [])).sort());
}

/** Call within `describe`. */
export function typesAreAsTold(places: PlaceOptions): void {
  const database = databaseOf(places.name);
  test('columns hold what the page of types says', (context) => inPlace(places, context, (place) => columnsHold(place, database)));
  test('documents hold what the page of types says', (context) => inPlace(places, context, (place) => documentsHold(place, database)));
  test('keys hold what the page of types says', (context) =>
    inPlace(places, context, async (place) => {
      for (const type of new Set(keyValues.map((each) => each.type))) await keysHold(place, database, type);
    }));
}
