// The bench's rows as the sinks take them. It knows no database.
import { defaultBookkeeping, type Mutation, type Sink, type Table, type TargetTable } from '@shardfold/sinks';
import type { Player } from './contest.ts';
import { type BenchRow, buriedKeys } from './documents.ts';

const never = new AbortController().signal;
const origin = { stream: 'bench', shard: 'shardId-000000000000', sequence: '1', subSequence: 0 };

export const benchTarget: Omit<TargetTable, 'name'> = {
  source: { system: 'aws:dynamodb', table: 'bench' },
  layout: 'document',
  key: [{ name: 'id', type: 'text' }],
  deletes: 'hard',
  createTables: true,
  tombstoneRetentionMs: 8 * 86_400_000,
  columns: { drop: [], rename: {} },
  patches: false,
  bookkeeping: defaultBookkeeping,
};

/** `parse`: for sinks that make documents of values. */
export function mutationOf({ id, text, time, seq }: BenchRow, parse = false): Mutation {
  return {
    kind: 'put',
    key: [['id', id]],
    version: { time, seq },
    row: { values: () => (parse ? JSON.parse(text) : {}), json: () => text, bytes: text.length },
    bytes: text.length,
    origin,
  };
}

/** Writes the groups through a sink, each of which must be applied whole unless the server does not say; `close` closes the sink. */
export async function sinkPlayer(sink: Sink, name: string, groups: readonly (readonly Mutation[])[], tombstones = 1): Promise<Player> {
  await sink.open(never);
  const table: Table = await sink.table({ ...benchTarget, name }, never);
  // One at least, so that they are looked for, as in a table that lives.
  await table.write(
    buriedKeys(tombstones).map((id): Mutation => ({ kind: 'delete', key: [['id', id]], version: { time: 0, seq: '0' }, bytes: 0, origin })),
    never,
  );
  return {
    async write(group) {
      const rows = groups[group] ?? [];
      const { applied, unresolved } = await table.write(rows, never);
      if (applied + unresolved !== rows.length) throw new Error(`${applied} of ${rows.length} rows were applied.`);
    },
    close: () => sink.close(),
  };
}
