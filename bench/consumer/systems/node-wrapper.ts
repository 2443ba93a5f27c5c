// The npm package aws-kcl: a daemon of the Java KCL, and a Node process for each shard that it talks to by lines of JSON. It knows no
// measurement. Both are installed here at the first use, and nowhere else.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installed, run, type Skipped } from './installed.ts';
import { cpuMsOf, residentBytesOf, startChild } from './process.ts';
import type { Place, Running, Sample, System } from './system.ts';

const version = '2.3.2';
const daemonVersion = '3.1.3';
const here = fileURLToPath(new URL('.', import.meta.url));

/** Takes seconds, half a minute at the first time; answers with the reason where it is not to be had. */
export async function nodeWrapper(): Promise<readonly System[] | Skipped> {
  const folder = await installed(`aws-kcl-${version}-daemon-${daemonVersion}`, install);
  if (typeof folder !== 'string') return folder;
  return [
    {
      id: 'node-wrapper',
      name: `aws-kcl ${version} and its daemon ${daemonVersion}`,
      comparedWith: 'ours',
      // The daemon cannot be told otherwise.
      http2: true,
      shardsMax: 16,
      seeded: 'node-wrapper',
      start: (place, { seeding }) => startDaemon(folder, place, seeding),
    },
  ];
}

async function install(folder: string): Promise<Skipped | undefined> {
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  const npm = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', `aws-kcl@${version}`];
  const maven = ['-q', '-B', '-f', join(here, 'wrapper-pom.xml'), 'dependency:copy-dependencies', `-Ddaemon.version=${daemonVersion}`];
  return (await run('npm', npm)) ?? run('mvn', [...maven, '-DincludeScope=runtime', `-DoutputDirectory=${join(folder, 'lib')}`]);
}

function propertiesOf({ application, stream, kinesisUrl, dynamoUrl }: Place, seeding: boolean): string {
  const properties = {
    // Its own folder is the daemon's: what is split at blanks has none.
    executableName: 'node wrapper-processor.ts',
    streamName: stream,
    applicationName: application,
    workerId: 'bench-worker',
    AwsCredentialsProvider: 'DefaultCredentialsProvider',
    regionName: 'us-east-1',
    initialPositionInStream: 'TRIM_HORIZON',
    retrievalMode: 'POLLING',
    maxRecords: 10_000,
    idleTimeBetweenReadsInMillis: 200,
    metricsLevel: 'NONE',
    kinesisEndpoint: kinesisUrl,
    dynamoDBEndpoint: dynamoUrl,
    ...(seeding ? { shardSyncIntervalMillis: 500, leaseAssignmentIntervalMillis: 2_000 } : {}),
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}

async function startDaemon(folder: string, place: Place, seeding: boolean): Promise<Running> {
  const scratch = await mkdtemp(join(tmpdir(), 'aws-kcl-bench-'));
  const counts = join(scratch, 'counts');
  const properties = join(scratch, 'daemon.properties');
  await mkdir(counts);
  await writeFile(properties, propertiesOf(place, seeding));
  const java = [`-Dlogback.configurationFile=${join(here, 'wrapper-logback.xml')}`, '-cp', join(folder, 'lib', '*')];
  const child = startChild('the daemon of aws-kcl', {
    command: 'java',
    args: [...java, 'software.amazon.kinesis.multilang.MultiLangDaemon', '--properties-file', properties],
    env: { AWS_KCL: join(folder, 'node_modules', 'aws-kcl'), COUNTS: counts, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}` },
    cwd: here,
  });
  return {
    startedMs: child.startedMs,
    async sample() {
      child.assertAlive();
      return { ...(await countedIn(counts)), atMs: performance.now(), cpuMs: cpuMsOf(child.pid) };
    },
    residentBytes: () => residentBytesOf(child.pid),
    async end() {
      child.signal('SIGKILL');
      await child.gone;
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

async function countedIn(folder: string): Promise<Pick<Sample, 'records' | 'shards' | 'firstRecordMs'>> {
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
  const seen = texts.filter((text) => text !== '').map((text) => text.trim().split(/\s+/).map(Number));
  const records = seen.reduce((sum, [counted = 0]) => sum + counted, 0);
  return { records, shards: seen.length, ...(seen.length === 0 ? {} : { firstRecordMs: Math.min(...seen.map(([, first = 0]) => first)) }) };
}
