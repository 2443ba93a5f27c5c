// The memory of our consumer as a process: at full speed, and with a processor that never finishes, where nothing may grow. Leases are
// in DynamoDB Local, records from the replay server. Prints a markdown table; `--shards N`, `--seconds N`. It measures, it asserts
// nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startDynamoDbLocal } from '../../test/servers/dynamodb-local.ts';
import { median, table } from '../kcl/report.ts';
import { everyShard, withReplay } from './measure.ts';
import { bufferBytes, recommendedFlags, startOurs } from './systems/ours.ts';
import type { Memory, Running } from './systems/system.ts';
import type { Mode } from './worker.ts';

interface Look {
  readonly heapBytes: number;
  readonly memory: Memory;
}

const { values } = parseArgs({ options: { shards: { type: 'string', default: '64' }, seconds: { type: 'string', default: '60' } } });
const shards = Number(values.shards);
const looks = Number(values.seconds);
const lookMs = 1_000;
/** What is read ahead before nothing more fits. */
const settleMs = 5_000;
const enough = new AbortController();

interface Play {
  readonly title: string;
  readonly mode: Mode;
  readonly nodeFlags: readonly string[];
}

const plays: readonly Play[] = [
  { title: `at full speed, ${recommendedFlags.join(' ')}`, mode: 'count', nodeFlags: recommendedFlags },
  { title: 'at full speed, no flags', mode: 'count', nodeFlags: [] },
  { title: 'with a processor that hangs, no flags', mode: 'hang', nodeFlags: [] },
];
const say = (text: string) => process.stderr.write(`${new Date().toISOString()} ${text}\n`);
const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MB`;

async function watch(running: Running): Promise<readonly Look[]> {
  const seen: Look[] = [];
  while (seen.length < looks) {
    await sleep(lookMs, undefined, { signal: enough.signal });
    const { heapBytes = Number.NaN } = await running.sample();
    seen.push({ heapBytes, memory: running.residentBytes() });
  }
  return seen;
}

function play({ mode, nodeFlags }: Play, dynamoUrl: string): Promise<readonly Look[]> {
  return withReplay({ shards, http2: false }, async (kinesisUrl) => {
    const application = `bench-rss-${process.pid}-${mode}-${nodeFlags.length}`;
    const running = startOurs({ application, stream: 'replay', shards, kinesisUrl, dynamoUrl }, mode, nodeFlags);
    try {
      // One that hangs has a batch of as many shards as the byte budget lets it.
      await everyShard(running, mode === 'hang' ? 1 : shards, enough.signal);
      await sleep(settleMs, undefined, { signal: enough.signal });
      return await watch(running);
    } finally {
      await running.end();
    }
  });
}

function row(title: string, seen: readonly Look[]): readonly string[] {
  const half = Math.ceil(seen.length / 2);
  const [heapFirst, heapThen] = [seen.slice(0, half), seen.slice(half)].map((part) => median(part.map(({ heapBytes }) => heapBytes)));
  const [first, last] = [seen.slice(0, half), seen.slice(half)].map((part) => median(part.map(({ memory }) => memory.now)));
  const peak = Math.max(...seen.map(({ memory }) => memory.peak));
  const cells = [heapFirst, heapThen, first, last, peak, peak - bufferBytes].map((bytes = Number.NaN) => megabytes(bytes));
  return [title, ...cells, String(seen.length)];
}

async function main(): Promise<void> {
  const dynamo = await startDynamoDbLocal();
  if ('skipped' in dynamo) throw new Error(`Nothing is measured: leases are kept in DynamoDB Local, which is not to be had: ${dynamo.skipped}`);
  try {
    const rows = [];
    for (const each of plays) {
      say(`${shards} shards, ${each.title}`);
      rows.push(row(each.title, await play(each, dynamo.url)));
    }
    const head = [
      `${shards} shards, byte budget ${megabytes(bufferBytes)}`,
      'heap and buffers, first half',
      'second half',
      'RSS, first half',
      'second half',
      'peak',
      'peak − budget',
      'n',
    ];
    process.stdout.write(`${table(head, rows)}\n`);
  } finally {
    await dynamo.stop();
  }
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => enough.abort(new Error('The bench was stopped. Nothing is left running.')));
try {
  await main();
} catch (error) {
  say(enough.signal.aborted ? enough.signal.reason.message : String(error));
  process.exitCode = 1;
}
