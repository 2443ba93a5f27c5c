// Records per CPU-second from a stream to a processor, with leases and checkpoints: our consumer, the Java KCL and the Node wrapper
// of its daemon, each as a process of its own on the same replayed stream and the same DynamoDB Local, in turns. Prints a markdown
// table. It measures, it asserts nothing. README.md in the folder above says what the options are.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { startDynamoDbLocal } from '../../test/servers/dynamodb-local.ts';
import { measureRun, type Plan, startOnNewTable, withReplay } from './measure.ts';
import { type Seen, throughputTable } from './report.ts';
import { chooseSystems } from './systems/choose.ts';
import { bufferBytes } from './systems/ours.ts';
import type { System } from './systems/system.ts';

interface Options extends Plan {
  readonly systems: readonly System[];
  readonly shards: readonly number[];
  readonly rounds: number;
}

type Collected = Seen & { readonly runs: Seen['runs'][number][]; readonly newTableMs: number[] };

const say = (text: string) => process.stderr.write(`${new Date().toISOString()} ${text}\n`);
const enough = new AbortController();
const tables = `bench-${process.pid}`;

async function seed(system: System, shards: number, dynamoUrl: string): Promise<void> {
  say(`${system.name}, ${shards} shards: filling the lease table`);
  await withReplay({ shards, http2: system.http2 }, (kinesisUrl) =>
    startOnNewTable(system, { application: applicationOf(system, shards, 0), stream: 'replay', shards, kinesisUrl, dynamoUrl }, enough.signal),
  );
}

/** An unseeded system has a table of its own for each round. */
function applicationOf(system: System, shards: number, round: number): string {
  return system.seeded === undefined ? `${tables}-${system.id}-${shards}-${round}` : `${tables}-${system.seeded}-${shards}`;
}

async function play(system: System, seen: Collected, round: number, plan: Plan, dynamoUrl: string): Promise<void> {
  const { shards } = seen;
  const application = applicationOf(system, shards, round);
  await withReplay({ shards, http2: system.http2 }, async (kinesisUrl) => {
    const place = { application, stream: 'replay', shards, kinesisUrl, dynamoUrl };
    if (system.seeded === undefined) seen.newTableMs.push(await startOnNewTable(system, place, enough.signal));
    const run = await measureRun(system, place, plan, enough.signal);
    seen.runs.push(run);
    say(`${system.name}, ${shards} shards, round ${round + 1}: ${JSON.stringify(run)}`);
  });
}

async function measure({ systems, shards: counts, rounds, ...plan }: Options, dynamoUrl: string, all: Collected[]): Promise<void> {
  for (const shards of counts) {
    const playing = systems.filter(({ shardsMax }) => shards <= shardsMax);
    const seeds = new Map(playing.flatMap((system) => (system.seeded === undefined ? [] : [[system.seeded, system] as const])));
    for (const system of seeds.values()) await seed(system, shards, dynamoUrl);
    const cells = playing.map((system) => {
      const { id, name, comparedWith } = system;
      const seen: Collected = { id, name, comparedWith, shards, runs: [], newTableMs: [] };
      all.push(seen);
      return { system, seen };
    });
    for (let round = 0; round < rounds; round += 1) for (const { system, seen } of cells) await play(system, seen, round, plan, dynamoUrl);
  }
}

function machineOf(all: readonly Seen[]): string {
  const loads = all.flatMap(({ runs }) => runs.map(({ load }) => load));
  return `${availableParallelism()} cores, load ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`;
}

/** The reason why nothing was measured. */
async function main(): Promise<string | undefined> {
  const { values } = parseArgs({
    options: {
      shards: { type: 'string', default: '1,4,16,64' },
      systems: { type: 'string', default: 'ours,ours-parse,kcl,kcl-parse,node-wrapper' },
      rounds: { type: 'string', default: '3' },
      windows: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      'warm-up': { type: 'string', default: '20' },
    },
  });
  const dynamo = await startDynamoDbLocal();
  if ('skipped' in dynamo) return `All of ${values.systems} keep their leases in DynamoDB Local, which is not to be had: ${dynamo.skipped}`;
  const all: Collected[] = [];
  try {
    const systems = await chooseSystems(values.systems.split(','));
    if ('skipped' in systems) return systems.skipped;
    const plan = { warmUpMs: Number(values['warm-up']) * 1000, windowMs: Number(values.seconds) * 1000, windows: Number(values.windows) };
    const options = { ...plan, systems, shards: values.shards.split(',').map(Number), rounds: Number(values.rounds) };
    await measure(options, dynamo.url, all);
  } finally {
    await dynamo.stop();
    // What was seen of some is worth something when another fails.
    const measured = all.filter(({ runs }) => runs.length > 0);
    if (measured.length > 0) process.stdout.write(`${machineOf(measured)}; n: windows of ${values.seconds} s\n\n${throughputTable(measured, bufferBytes)}\n`);
  }
  return undefined;
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => enough.abort(new Error('The bench was stopped. Nothing is left running.')));
try {
  const skipped = await main();
  if (skipped !== undefined) {
    say(`Nothing is measured. ${skipped}`);
    process.exitCode = 1;
  }
} catch (error) {
  say(enough.signal.aborted ? enough.signal.reason.message : String(error));
  process.exitCode = 1;
}
