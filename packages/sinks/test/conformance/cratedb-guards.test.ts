// What a put or a delete does to a row whose deletes were soft before: it has a version of its own and a newer one of its delete,
// which rows with hard deletes never have. The decision is `partial/`'s, as for every row.
import type { Version } from '@shardfold/changes';
import { describe, expect, onTestFinished, test } from 'vitest';
import { seqText } from '../../src/cratedb/statements.ts';
import { decide } from '../../src/partial/fold.ts';
import { at, put, remove, target, textKey } from '../../src/testing/material.ts';
import { crateForFile, query, sinkFor } from '../support/cratedb.ts';
import { never } from '../support/machine.ts';

const server = crateForFile();
const versions = [at(10, '5'), at(20, '3'), at(20, '5'), at(20, '7'), at(30, '1')];

interface Case {
  readonly key: string;
  readonly whole: Version;
  readonly dead: Version;
  readonly kind: 'put' | 'delete';
  readonly version: Version;
}

const cases = versions.flatMap((whole, index) =>
  versions.slice(index).flatMap((dead) =>
    versions.flatMap((version) =>
      (['put', 'delete'] as const).map((kind): Case => {
        const key = `${kind} ${[version, whole, dead].map(({ time, seq }) => `${time}.${seq}`).join(' ')}`;
        return { key, whole, dead, kind, version };
      }),
    ),
  ),
);

function pairOf(version: Version | undefined): readonly [number | null, string | null] {
  return version === undefined ? [null, null] : [version.time, seqText(version.seq)];
}

/** Key, whether it is gone, the row's version, its delete's. */
function wanted({ key, whole, dead, kind, version }: Case): readonly unknown[] {
  const { applied } = decide({ row: { version: whole, patches: new Map() }, tombstone: dead, floor: undefined }, { kind, version }, false);
  if (!applied) return [key, true, ...pairOf(whole), ...pairOf(dead)];
  return kind === 'put' ? [key, false, ...pairOf(version), ...pairOf(dead)] : [key, true, ...pairOf(undefined), ...pairOf(version)];
}

describe('deletes that were soft and are hard', { timeout: 120_000 }, () => {
  test.for(['document', 'columns'] as const)('every order of a row, its delete and what comes: %s', async (layout, context) => {
    const url = server.schema(context);
    const sinks = [sinkFor(url), sinkFor(url)] as const;
    onTestFinished(async () => {
      await Promise.all(sinks.map((sink) => sink.close()));
    });
    await sinks[0].open(never);
    const soft = await sinks[0].table(target('orders', { layout, deletes: 'soft' }), never);
    const write = (table: typeof soft, mutations: Parameters<typeof soft.write>[0]) => table.write(mutations, never);
    await write(
      soft,
      cases.map(({ key, whole }) => put(textKey(key), whole, { v: 'old' })),
    );
    await write(
      soft,
      cases.map(({ key, dead }) => remove(textKey(key), dead)),
    );
    const hard = await sinks[1].table(target('orders', { layout }), never);
    await write(
      hard,
      cases.map(({ key, kind, version }) => (kind === 'put' ? put(textKey(key), version, { v: 'new' }) : remove(textKey(key), version))),
    );
    const rows = `"${new URL(url).pathname.slice(1)}"."orders__rows"`;
    await query(url, `REFRESH TABLE ${rows}`);
    const found = await query(url, `SELECT id, cdc_deleted, cdc_time, cdc_seq, cdc_deleted_time, cdc_deleted_seq FROM ${rows} ORDER BY id LIMIT 1000`);
    expect(found).toEqual(cases.map(wanted).sort(([left], [right]) => (String(left) < String(right) ? -1 : 1)));
  });
});
