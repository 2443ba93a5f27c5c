// The Java KCL as a process, with a processor that counts or parses. It knows no measurement.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { installKcl } from '../../../test/interop/support/kcl-worker.ts';
import { installed, run, type Skipped } from './installed.ts';
import { residentBytesOf, startChild } from './process.ts';
import type { Place, Running, Sample, System } from './system.ts';

const version = '3.5.1';
const source = fileURLToPath(new URL('NoopKclWorker.java', import.meta.url));

/** Installs the KCL at the first time, which takes minutes; answers with the reason where it is not to be had. */
export async function kclSystems(): Promise<readonly System[] | Skipped> {
  const found = await installKcl(version);
  if (typeof found !== 'string') return found;
  const jars = found.slice(found.indexOf(':') + 1);
  const sum = createHash('sha256')
    .update(await readFile(source))
    .digest('hex')
    .slice(0, 16);
  const classes = await installed(`kcl-${version}-worker-${sum}`, (folder) => run('javac', ['--release', '17', '-cp', jars, '-d', folder, source]));
  if (typeof classes !== 'string') return classes;
  const start = (place: Place, options: Readonly<Record<string, boolean>>) => startKcl(`${classes}:${jars}`, place, options);
  const counting: System = {
    id: 'kcl',
    name: `Java KCL ${version}`,
    comparedWith: 'ours',
    http2: false,
    shardsMax: 1_000,
    seeded: 'kcl',
    start: async (place, { seeding }) => start(place, { seeding }),
  };
  return [
    counting,
    {
      ...counting,
      id: 'kcl-parse',
      name: `Java KCL ${version}, Jackson tree of each`,
      comparedWith: 'ours-parse',
      start: async (place, { seeding }) => start(place, { seeding, parse: true }),
    },
  ];
}

/** With the JVM as it is out of the box: its heap may grow to a quarter of the machine's memory. */
function startKcl(classpath: string, { application, stream, kinesisUrl, dynamoUrl }: Place, options: Readonly<Record<string, boolean>>): Running {
  const properties = { application, stream, kinesis: kinesisUrl, dynamo: dynamoUrl, 'org.slf4j.simpleLogger.defaultLogLevel': 'error', ...options };
  const set = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);
  const child = startChild('the KCL worker', { command: 'java', args: [...set, '-cp', classpath, 'NoopKclWorker'] });
  return {
    startedMs: child.startedMs,
    sample: async () => JSON.parse(await child.ask('sample')) as Sample,
    residentBytes: () => residentBytesOf(child.pid),
    // Its leases stay its own: the next one, of the same name, goes on with them. After a clean stop they would have to be assigned.
    async end() {
      child.signal('SIGKILL');
      await child.gone;
    },
  };
}
