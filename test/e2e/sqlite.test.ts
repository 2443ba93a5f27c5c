// The program with a database that needs no server: two workers, one file, a feed with duplicates and disorder. What the file holds must
// equal what the oracle makes of everything sent; dead letters go to a file beside it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { awsClients, type EmbeddedStack } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { fold } from '../oracle/oracle.ts';
import { type Queries, tableDifferences } from '../oracle/postgres-table.ts';
import { type FleetBed, fleetBed, startStack } from '../support/fleet-bed.ts';
import { startWorker } from '../support/worker-process.ts';

let stack: EmbeddedStack;
let bed: FleetBed;
let folder: string;

beforeAll(async () => {
  stack = await startStack();
});
beforeEach(async () => {
  bed = await fleetBed(stack);
  folder = mkdtempSync(join(tmpdir(), 'shardfold-sqlite-'));
});
afterEach(async () => {
  await bed.end();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => stack.stop());

/** The oracle asks in PostgreSQL's words. */
function asking(database: DatabaseSync): Queries {
  return {
    query: async (sql) => ({
      rows: database.prepare(sql.replaceAll(/("(?:[^"]|"")*"|\w+)::text/g, 'CAST($1 AS TEXT)')).all() as Record<string, string | null>[],
    }),
  };
}

test('two workers fold a stream into one SQLite file; what is no change is kept in a file of dead letters', async () => {
  const [file, letters] = [join(folder, 'shop.db'), join(folder, 'dead.jsonl')];
  const yaml = bed
    .configuration(`deadLetters: { kind: file, path: "${letters}" }`)
    .replace(/^sinks:.*$/m, `sinks: { main: { kind: sqlite, url: "sqlite:${file}" } }`);
  await bed.feed({ records: 1_000, keys: 100, seed: 7 });
  const { kinesis, destroy } = awsClients(stack.kinesis.url);
  await kinesis.send(new PutRecordCommand({ StreamName: bed.stream, PartitionKey: 'p', Data: Buffer.from('no change') }));
  destroy();

  const workers = ['a', 'b'].map((name) => startWorker(name, yaml, ['--until-caught-up']));
  expect(await Promise.all(workers.map(({ exited }) => exited))).toEqual([0, 0]);

  const database = new DatabaseSync(file, { readOnly: true });
  try {
    for (const [table, rows] of fold(bed.sent)) expect(await tableDifferences(asking(database), `"${table}"`, rows)).toEqual([]);
  } finally {
    database.close();
  }
  const kept = readFileSync(letters, 'utf8').trim().split('\n');
  expect(kept.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ stage: 'decode', stream: bed.stream, raw: Buffer.from('no change').toString('base64') }),
  ]);
});
