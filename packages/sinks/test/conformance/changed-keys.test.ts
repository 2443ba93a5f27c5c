// A row whose key changes, once and again and back, in a table that renames one column of its key and drops another: the row leaves
// every key but its last one, in whatever order its changes come, also where a crash came between the two that each of them makes.
import type { RowChange } from '@shardfold/changes';
import { describe, expect, test } from 'vitest';
import { createRouter } from '../../../worker/src/flow/route.ts';
import { defaultBookkeeping, type Mutation, prepareGroup, type TargetTable } from '../../src/index.ts';
import { permutations } from '../../src/testing/history.ts';
import { at, rowOf } from '../../src/testing/index.ts';
import { mongoForFile, storedRows as mongoRows, sinkFor as mongoSink } from '../support/ferretdb.ts';
import { never } from '../support/machine.ts';
import { mariadbForFile } from '../support/mariadb.ts';
import { mysqlForFile } from '../support/mysql.ts';
import { mysqlPlaces, type Place, postgresPlaces, sqlitePlaces } from '../support/places.ts';
import { postgresForFile } from '../support/postgres.ts';
import { filesForTests } from '../support/sqlite.ts';

interface Database {
  readonly name: string;
  readonly layouts: readonly TargetTable['layout'][];
  open(context: { skip(reason: string): never }): Promise<Pick<Place, 'sink' | 'rows' | 'close'>>;
}

const ferretDb = mongoForFile();
const all: readonly Database[] = [
  ...[postgresPlaces(postgresForFile()), mysqlPlaces('MariaDB', mariadbForFile()), mysqlPlaces('MySQL', mysqlForFile()), sqlitePlaces(filesForTests())].map(
    ({ name, open }): Database => ({ name, layouts: ['document', 'columns'], open }),
  ),
  {
    name: 'FerretDB',
    layouts: ['document'],
    async open(context) {
      const url = ferretDb.database(context);
      const sink = mongoSink(url);
      return { sink, rows: (target) => mongoRows(url, target), close: () => sink.close() };
    },
  },
];

const shard = { stream: 'things', shardId: 'shardId-000000000000', key: 'things/shardId-000000000000' };
const record = { shard, sequence: '1', subSequence: 0, arrivalMs: 0, partitionKey: '', bytes: () => new Uint8Array(), text: () => '' };
const source = { system: 'postgresql', schema: 'shop', table: 'things' };

type Shape = Pick<TargetTable, 'layout' | 'deletes'>;

function routerOf(shape: Shape) {
  const columns = { drop: ['part', 'secret'], rename: { id: 'no', name: 'title' } };
  const rule = { source: 'things', sink: 'main', target: 'things', keyless: 'append', truncate: 'apply', createTables: true, where: {} } as const;
  return createRouter([{ ...rule, ...shape, key: ['id', 'part'], tombstoneRetentionMs: 86_400_000, columns, bookkeeping: defaultBookkeeping }]);
}

const places: readonly (readonly [id: number, part: string])[] = [
  [1, 'a'],
  [2, 'a'],
  [2, 'b'],
  [1, 'a'],
];

/** In the lane's own rows: where the row was at each time. */
function historyOf(lane: number): RowChange[] {
  const rowAt = (time: number) => {
    const [id, part] = places[time] ?? [];
    return rowOf({ id: `${lane} ${id}`, part: part ?? '', name: `at ${time}`, secret: 'x' });
  };
  return places.map((_, time) => {
    const common = { source, key: undefined, after: rowAt(time), version: at(time + 1) };
    return time === 0 ? { ...common, kind: 'insert' } : { ...common, kind: 'modify', before: rowAt(time - 1) };
  });
}

/** What one order of the changes makes of the table, step by step; the first change comes again at the end. */
function stepsOf(order: readonly RowChange[], shape: Shape): { readonly target: TargetTable; readonly steps: readonly (Mutation | undefined)[] } {
  const route = routerOf(shape);
  const routed = [...order, ...order.slice(0, 1)].map((event) => {
    const way = route(event, record);
    if (way.kind !== 'write') throw new Error(`not written: ${JSON.stringify(way)}`);
    return way;
  });
  const [first] = routed;
  if (first === undefined) throw new Error('The order is empty.');
  return { target: first.target, steps: routed.flatMap(({ mutation, left }) => [mutation, left?.mutation]) };
}

async function lastKeysHold({ sink, rows }: Pick<Place, 'sink' | 'rows'>, shape: Shape): Promise<void> {
  const lanes = permutations([0, 1, 2, 3]).map((order, lane) => {
    const history = historyOf(lane);
    return stepsOf(
      order.flatMap((time) => history[time] ?? []),
      shape,
    );
  });
  const target = lanes[0]?.target;
  if (target === undefined) throw new Error('There is no lane.');
  const table = await sink.table(target, never);
  for (let step = 0; step < 2 * (places.length + 1); step += 1) {
    const group = prepareGroup(lanes.flatMap(({ steps }) => steps[step] ?? []));
    const { applied, superseded, unresolved, rejected } = await table.write(group, never);
    expect({ rejected, accounted: applied + superseded + unresolved }).toEqual({ rejected: [], accounted: group.length });
  }
  const living = (await rows(target)).filter(({ deleted }) => !deleted);
  const found = living.map(({ key, data, version }) => [key, JSON.parse(data), version.time] as const);
  const last = (lane: number) => ({ no: `${lane} 1`, title: 'at 3', ...(shape.layout === 'columns' ? { part: 'a' } : {}) });
  expect(found.sort(([[left = '']], [[right = '']]) => Number.parseInt(left, 10) - Number.parseInt(right, 10))).toEqual(
    lanes.map((_, lane) => [[`${lane} 1`, 'a'], last(lane), places.length]),
  );
}

describe.for(all)('$name', ({ layouts, open }) => {
  test.for(
    layouts.flatMap((layout): Shape[] => [
      { layout, deletes: 'hard' },
      { layout, deletes: 'soft' },
    ]),
  )('a row that moves from key to key is under its last one, layout $layout, deletes $deletes', async (shape, context) => {
    const place = await open(context);
    try {
      await lastKeysHold(place, shape);
    } finally {
      await place.close();
    }
  });
});
