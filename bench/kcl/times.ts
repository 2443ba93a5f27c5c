// Workers of ours beside workers of the Java KCL, as real processes on one DynamoDB Local and one embedded Kinesis of 8 shards:
// how long a start, a stop, a crash and a join take until records are read, and what a worker at rest asks of DynamoDB. Prints
// two markdown tables; `--rigs N` repeats, `--only ours|kcl`. It measures, it asserts nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startKinesis } from '@shardfold/embedded';
import { startDynamoDbLocal } from '../../test/servers/dynamodb-local.ts';
import { ratesTable, type Seen, timesTable } from './report.ts';
import { type Servers, withRig } from './rig.ts';
import { playRates, playTimes, type RigTimes } from './scenarios.ts';
import { kcl, ours, type System } from './systems.ts';

const { values } = parseArgs({ options: { rigs: { type: 'string', default: '3' }, only: { type: 'string' } } });
const rigs = Number(values.rigs);
const shards = 8;
const manyShards = 64;
/** JVMs that start at once hold each other up. */
const staggerMs = 15_000;

const say = (text: string) => process.stderr.write(`${new Date().toISOString()} ${text}\n`);

async function playRigs(system: System, servers: Servers): Promise<readonly RigTimes[]> {
  const play = async (rig: number) => {
    const times = await withRig(system, servers, shards, playTimes);
    say(`${system.name}, rig ${rig + 1}: ${JSON.stringify({ ...times, rates: Object.fromEntries(times.rates) })}`);
    return times;
  };
  const numbers = Array.from({ length: rigs }, (_, rig) => rig);
  if (system.together) return Promise.all(numbers.map((rig) => sleep(rig * staggerMs).then(() => play(rig))));
  const played: RigTimes[] = [];
  for (const rig of numbers) played.push(await play(rig));
  return played;
}

async function look(system: System): Promise<Seen | { readonly skipped: string }> {
  // A table of its own each time, and servers too: what one system leaves behind does not slow the other.
  const dynamo = await startDynamoDbLocal();
  if ('skipped' in dynamo) return dynamo;
  try {
    const kinesis = await startKinesis({ flavour: 'semantics' });
    try {
      const servers = { kinesisUrl: kinesis.url, dynamoUrl: dynamo.url };
      say(`${system.name}: ${rigs} rigs`);
      const played = await playRigs(system, servers);
      const rates = await withRig(system, servers, manyShards, playRates);
      return { name: system.name, rigs: played, manyShards: rates };
    } finally {
      await kinesis.stop();
    }
  } finally {
    await dynamo.stop();
  }
}

async function measure(systems: readonly System[]): Promise<void> {
  const seen: Seen[] = [];
  try {
    for (const system of systems) {
      if (values.only !== undefined && values.only !== system.id) continue;
      const found = await look(system);
      if ('skipped' in found) say(`${system.name} is left out: ${found.skipped}`);
      else seen.push(found);
    }
  } finally {
    await Promise.all(systems.map((system) => system.end()));
    // What was seen of one is worth something when the other fails.
    if (seen.length > 0) process.stdout.write(`${timesTable(seen)}\n\n${ratesTable(seen)}\n`);
  }
}

// DynamoDB Local wants the same Java: where there is none, ours cannot be measured either.
const theirs = await kcl();
if ('skipped' in theirs) say(`Nothing is measured: ${theirs.skipped}`);
else await measure([ours(), theirs]);
