// Rows that real Java workers left behind (test/fixtures/README.md says how they were taken), read by our codec.
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeLease, decodeRow, type Item } from '../../../src/rows/decode.ts';
import { encodeLease } from '../../../src/rows/encode.ts';
import { isBeingReassigned, isOurs } from '../../../src/rows/marks.ts';
import { itemsOf } from '../../support/fixtures.ts';

const folder = new URL('../../fixtures/', import.meta.url);
const versions = ['kcl-1.x', 'kcl-2.x', 'kcl-3.4.2', 'kcl-3.5.1'];
const files = versions.flatMap((version) => readdirSync(new URL(`${version}/`, folder)).map((file) => `${version}/${file}`));

/** Sets have no order. */
function sorted(item: Item): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, value.SS === undefined ? value : { SS: [...value.SS].sort() }]));
}

const isShard = (item: Item): boolean => item.leaseKey?.S?.startsWith('shardId-') === true;
const leaseFiles = files.filter((file) => !/CoordinatorState|WorkerMetricStats/.test(file));
const sideFiles = files.filter((file) => !leaseFiles.includes(file));

describe('rows of real Java workers', () => {
  it('there are all moments of every version', () => {
    const count = (names: readonly string[]) => versions.map((version) => names.filter((file) => file.startsWith(`${version}/`)).length);
    expect(count(leaseFiles)).toEqual([6, 7, 7, 8]);
    expect(count(sideFiles)).toEqual([0, 0, 14, 0]);
    expect(leaseFiles.flatMap(itemsOf).filter(isShard)).toHaveLength(84);
  });

  it.each(leaseFiles)('%s: every lease is read, nothing else is, and each row is written back unchanged', (file) => {
    for (const item of itemsOf(file)) {
      const row = decodeRow(item);
      expect(row.kind, item.leaseKey?.S).toBe(isShard(item) ? 'lease' : 'foreign');
      if (row.kind !== 'lease') continue;
      expect(isOurs(row.lease)).toBe(false);
      expect(sorted({ ...item, ...encodeLease(row.lease) })).toEqual(sorted(item));
    }
  });

  it.each(sideFiles)('%s: the items of side tables are no leases', (file) => {
    const kinds = itemsOf(file).map((item) => decodeRow({ leaseKey: item.key ?? item.wid ?? { S: '' }, ...item }).kind);
    expect(kinds.filter((kind) => kind !== 'foreign')).toEqual([]);
  });

  it('a graceful hand-over names both workers', () => {
    const leases = itemsOf('kcl-3.5.1/04-graceful-handoff-8-shards.json').flatMap((item) => {
      const row = decodeRow(item);
      return row.kind === 'lease' ? [row.lease] : [];
    });
    expect(leases).toHaveLength(8);
    const moving = leases.filter((lease) => lease.checkpointOwner !== undefined);
    expect(moving.map(({ owner, checkpointOwner }) => [owner, checkpointOwner])).toEqual([
      ['w4', 'w3'],
      ['w4', 'w3'],
    ]);
    for (const lease of moving) expect(isBeingReassigned(lease, { worker: 'w3', incarnation: 'i' })).toBe(false);
  });

  it.each(versions)('%s: a checkpoint that was prepared is found, with the state beside it where there is one', (version) => {
    const prepared = itemsOf(`${version}/08-pending-checkpoint.json`).flatMap((item) => {
      const row = decodeRow(item);
      return row.kind === 'lease' && row.lease.prepared !== undefined ? [row.lease.prepared] : [];
    });
    expect(prepared.length).toBeGreaterThan(0);
    for (const { position, state } of prepared) {
      expect(position).toEqual({ kind: 'sequence', sequence: expect.stringMatching(/^49680\d{51}$/), subSequence: 0 });
      expect(state && new TextDecoder().decode(state)).toBe(version === 'kcl-1.x' ? undefined : 'app-state');
    }
  });

  it('the end of a split shard names its children, and they name it', () => {
    const rows = itemsOf('kcl-2.x/06-split-parent-ended.json').map(decodeLease);
    const parent = rows.find((row) => row.position.kind === 'shard-end');
    expect(parent?.children).toHaveLength(2);
    for (const child of parent?.children ?? []) expect(rows.find((row) => row.key === child)?.parents).toEqual([parent?.key]);
  });
});
