// Records of each format, decoded and routed as the worker does, shuffled and repeated, written by two writers at once to a table of
// typed columns: it must hold what the source's rows say, each value in a column of its sort. Tests for one database each.
import { codecByName, type RowChange, rawRecord } from '@shardfold/changes';
import { expect, test } from 'vitest';
import { createRouter } from '../../../worker/src/flow/route.ts';
import { addressOf, defaultBookkeeping, type Mutation, prepareGroup, type Table, type TargetTable } from '../../src/index.ts';
import { exactMembers } from '../../src/testing/check.ts';
import { sequence, shuffled } from '../../src/testing/history.ts';
import { never } from './machine.ts';
import { inPlace, type Place, type PlaceOptions } from './places.ts';
import { type SourceFormat, sourceFormats } from './source-formats.ts';
import { historyOf, lastRows, type SourceChange, type SourceRow } from './source-history.ts';

const seed = 20_261_122;
const maxGroup = 9;
const shard = { stream: 'things', shardId: 'shardId-000000000000', key: 'things/shardId-000000000000' };

const rule = {
  source: 'things',
  sink: 'main',
  target: 'things',
  layout: 'columns',
  keyless: 'append',
  deletes: 'hard',
  truncate: 'apply',
  createTables: true,
  tombstoneRetentionMs: 86_400_000,
  where: {},
  columns: { drop: [], rename: {} },
  bookkeeping: defaultBookkeeping,
} as const;

interface Landing {
  readonly target: TargetTable;
  readonly mutations: readonly Mutation[];
}

/** What the worker makes of the records, which a replay hands it anew. */
function landingOf(format: SourceFormat, history: readonly SourceChange[], key: readonly string[] | undefined): Landing {
  const codec = codecByName(format.codec);
  const route = createRouter([{ ...rule, ...(key === undefined ? {} : { key }) }]);
  const records = history.flatMap((change, at) => format.records(change, at + 1));
  const routed = records.flatMap(({ text, partitionKey = '' }, at) => {
    const bytes = new TextEncoder().encode(text);
    const record = { ...rawRecord({ bytes, sequence: String(10n ** 55n + BigInt(at)), partitionKey }), shard };
    const decoded = codec?.decode(record);
    if (decoded?.kind !== 'changes') throw new Error(`no change: ${JSON.stringify(decoded)}`);
    return decoded.events.filter((event): event is RowChange => event.kind !== 'truncate').map((event) => route(event, record));
  });
  const written = routed.map((each) => {
    if (each.kind !== 'write') throw new Error(`not written: ${JSON.stringify(each)}`);
    return each;
  });
  const [first] = written;
  if (first === undefined) throw new Error('The history is empty.');
  return { target: first.target, mutations: written.flatMap(({ mutation, left }) => (left === undefined ? [mutation] : [mutation, left.mutation])) };
}

/** Neighbours with different keys make a group. */
function groupsOf(mutations: readonly Mutation[]): Mutation[][] {
  const groups: Mutation[][] = [];
  let taken = new Set<string>();
  for (const mutation of mutations) {
    const address = addressOf(mutation);
    const group = groups.at(-1);
    if (group === undefined || taken.has(address) || group.length === maxGroup) {
      taken = new Set();
      groups.push([mutation]);
    } else {
      group.push(mutation);
    }
    taken.add(address);
  }
  return groups;
}

async function writeAll(table: Table, mutations: readonly Mutation[]): Promise<void> {
  for (const run of groupsOf(mutations)) {
    const group = prepareGroup(run);
    const { applied, superseded, rejected } = await table.write(group, never);
    expect({ rejected, accounted: applied + superseded }).toEqual({ rejected: [], accounted: group.length });
  }
}

/** Everything at least once, much of it again: at once by two writers, who find new columns without telling each other. */
async function deliver({ sink }: Place, { target, mutations }: Landing, again: Landing): Promise<void> {
  const next = sequence(seed);
  const choices = mutations.map(() => next(3));
  const shares = [mutations.filter((_, at) => choices[at] !== 0), again.mutations.filter((_, at) => choices[at] !== 1)];
  const tables = [await sink.table(target, never), await sink.table(target, never)] as const;
  // Before all others, so that columns have to be widened later.
  await writeAll(tables[0], mutations.slice(0, 1));
  await Promise.all(tables.map((table, at) => writeAll(table, shuffled(shares[at] ?? [], next))));
}

type Members = Readonly<Record<string, unknown>>;

/** NULL and a column that is not there are one. */
function comparable(json: string, { numbers }: PlaceOptions, left: readonly string[]): Members {
  return Object.fromEntries([...exactMembers(json, numbers)].filter(([name, value]) => value !== null && !left.includes(name)).sort());
}

function wantedOf(format: SourceFormat, row: SourceRow, places: PlaceOptions): Members {
  const members = Object.entries(format.stored(row)).map(([name, json]) => `"${name}":${json}`);
  return comparable(`{"id":${row.id},${members.join(',')}}`, places, []);
}

const byText = (left: Members, right: Members): number => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1);

async function contents(place: Place, places: PlaceOptions, target: TargetTable): Promise<Members[]> {
  const { position } = target.bookkeeping;
  const rows = await place.rows(target);
  // A key's column is text where no number type holds every number.
  return rows
    .map(({ key, data }) => comparable(target.key.length === 0 ? data : data.replace(/"id":"?\d+"?/, `"id":${key[0]}`), places, [position]))
    .sort(byText);
}

async function check(place: Place, places: PlaceOptions, format: SourceFormat, target: TargetTable, rows: readonly SourceRow[]): Promise<void> {
  expect(await contents(place, places, target)).toEqual(rows.map((row) => wantedOf(format, row, places)).sort(byText));
  const types = await place.types(target.name);
  const found = Object.keys(format.kinds).map((name) => [name, types.get(name)]);
  expect(found).toEqual(Object.entries(format.kinds).map(([name, kind]) => [name, places.types[kind]]));
  // The bookkeeping's own column is not the source's.
  const withExtra = await place.run(`SELECT _extra FROM ${target.name} WHERE _extra IS NOT NULL`);
  expect(withExtra.every((row) => JSON.stringify(row._extra).includes('cdc_time'))).toBe(true);
  expect(withExtra.length).toBe(rows.length);
}

/** Call within `describe`. */
export function sourcesLand(places: PlaceOptions): void {
  test.for(sourceFormats)('changes of $codec end in the rows of the source', (format, context) =>
    inPlace(places, context, async (place) => {
      const history = historyOf(seed);
      const landing = landingOf(format, history, format.key);
      await deliver(place, landing, landingOf(format, history, format.key));
      await check(place, places, format, landing.target, lastRows(history));
    }),
  );

  test.for(sourceFormats.filter(({ key }) => key !== undefined))('rows of $codec without a key are appended, each once', (format, context) =>
    inPlace(places, context, async (place) => {
      const inserts = historyOf(seed).filter(({ kind }) => kind === 'insert');
      const landing = landingOf(format, inserts, undefined);
      expect(landing.target.key).toEqual([]);
      await deliver(place, landing, landingOf(format, inserts, undefined));
      await check(
        place,
        places,
        format,
        landing.target,
        inserts.map(({ row }) => row),
      );
    }),
  );
}
