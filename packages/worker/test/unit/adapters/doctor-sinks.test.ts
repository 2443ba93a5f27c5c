// What the doctor finds out of a database, here a SQLite file, and what it makes of that; it makes no table.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemMachine } from '@shardfold/consumer';
import { createSqliteSink, type TargetTable } from '@shardfold/sinks';
import { target } from '@shardfold/sinks/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { probeSink } from '../../../src/adapters/doctor-sinks.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { judgeSink } from '../../../src/doctor/judge-sinks.ts';
import { never } from '../dead-letters/support.ts';
import { told } from '../doctor/support.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shardfold-doctor-sinks-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const urlOf = () => `sqlite:${join(folder, 'a.db')}`;
const many: TargetTable = target('many');

/** The tables of a target as a worker makes them, and what a person did then. */
async function made(statements: string): Promise<void> {
  const sink = createSqliteSink({ url: urlOf(), machine: systemMachine, createTables: true });
  await sink.open(never);
  await sink.table(many, never);
  await sink.close();
  const database = new DatabaseSync(join(folder, 'a.db'));
  database.exec(statements);
  database.close();
}

async function examined() {
  const text = `application: orders\nsource: { streams: [s], start: latest }\nsinks: { main: { kind: sqlite, url: "${urlOf()}" } }\n`;
  const loaded = loadConfig({ text, file: 'shardfold.yaml', env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const { config } = loaded;
  const sink = config.sinks.main;
  if (sink === undefined) throw new Error('The configuration of this test has no sink.');
  return judgeSink(await probeSink({ config, machine: systemMachine, name: 'main', sink, targets: [{ sink: 'main', target: many }] }, never));
}

const unique = `CREATE UNIQUE INDEX u ON many (json_extract(data, '$.price'));`;

test('a second unique index is told with all tables there', async () => {
  await made(unique);
  expect(told(await examined())).toEqual(['ok sink.main', 'warning table.main.many.remark']);
});

test('a second unique index is told where only tables beside it are missing, and only those are named', async () => {
  await made(`${unique} DROP TABLE shardfold_floors;`);
  const found = await examined();
  expect(told(found)).toEqual(['ok sink.main', 'note table.main.many.missing', 'warning table.main.many.remark']);
  const [, missing, remark] = found;
  expect(missing?.what).toBe('Target many in sink main lacks shardfold_floors; a worker makes what is missing.');
  expect(remark?.what).toContain('Another unique index, "u"');
});

test('a target of which nothing is there lacks all of its tables', async () => {
  await made('DROP TABLE many; DROP TABLE many__tombstones;');
  expect((await examined()).map(({ what }) => what)).toContainEqual('Target many in sink main lacks many, many__tombstones; a worker makes what is missing.');
});

test('a table that does not fit is told as that, whatever else is missing', async () => {
  await made('DROP TABLE shardfold_floors; DROP TABLE many; CREATE TABLE many (id TEXT);');
  expect(told(await examined())).toEqual(['ok sink.main', 'fault table.main.many.mismatch']);
});
