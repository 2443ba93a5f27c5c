// A program of its own that writes a share of a history to a SQLite file: `FILE SEED WRITER`. Says `open`, waits for a line, writes, ends.
import { once } from 'node:events';
import { prepareGroup } from '../../src/keys.ts';
import { createSqliteSink } from '../../src/sqlite/sink.ts';
import { groupsOf, mutationOf } from '../../src/testing/history.ts';
import { sharedTarget, shareOf } from './sqlite-history.ts';

const [path = '', seed = '0', writer = '0'] = process.argv.slice(2);
const never = new AbortController().signal;
const sink = createSqliteSink({ url: path, machine: { clock: { wallMs: () => Date.now() } }, createTables: true });
await sink.open(never);
const table = await sink.table(sharedTarget, never);
process.stdout.write('open\n');
await once(process.stdin, 'data');
for (const run of groupsOf(shareOf(Number(seed), Number(writer)), 20)) {
  const group = prepareGroup(run.map(mutationOf));
  const { applied, superseded, rejected } = await table.write(group, never);
  if (rejected.length > 0 || applied + superseded !== group.length) throw new Error(`writer ${writer}: ${JSON.stringify(rejected)}`);
}
await sink.close();
process.stdin.destroy();
