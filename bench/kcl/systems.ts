// The two systems: how a worker of each is started. What is done with workers is the scenarios' business.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installKcl } from '../../test/interop/support/kcl-worker.ts';
import { startProcess, type WorkerPlace, type WorkerProcess } from './process.ts';

export interface System {
  readonly id: 'ours' | 'kcl';
  readonly name: string;
  /** Rigs are played one after the other, or, where nearly all the time is sleep, all at once. */
  readonly together: boolean;
  start(place: WorkerPlace): WorkerProcess;
  /** Removes what it needed on the disk. */
  end(): Promise<void>;
}

const kclVersion = '3.5.1';
const ourMain = fileURLToPath(new URL('worker.ts', import.meta.url));
const kclMain = fileURLToPath(new URL('DefaultKclWorker.java', import.meta.url));
/** Quick to start rather than quick to run, which is to the KCL's advantage here. */
const jvm = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];

export function ours(): System {
  return {
    id: 'ours',
    name: 'Shardfold',
    together: false,
    start: (place) => startProcess(place.worker, process.execPath, [ourMain, JSON.stringify(place)]),
    end: async () => undefined,
  };
}

/** Installs the KCL at the first time, which takes minutes; answers with the reason where it is not to be had. */
export async function kcl(): Promise<System | { readonly skipped: string }> {
  const installed = await installKcl(kclVersion);
  if (typeof installed !== 'string') return installed;
  const jars = installed.slice(installed.indexOf(':') + 1);
  const classes = await mkdtemp(join(tmpdir(), 'kcl-bench-'));
  const end = () => rm(classes, { recursive: true, force: true });
  const compiler = spawn('javac', ['--release', '17', '-cp', jars, '-d', classes, kclMain], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(compiler, 'close');
  if (code !== 0) {
    await end();
    throw new Error(`The KCL's worker could not be compiled (code ${code}). Nothing was measured; mend what javac says above.`);
  }
  return {
    id: 'kcl',
    name: `Java KCL ${kclVersion}`,
    together: true,
    start({ kinesisUrl, dynamoUrl, ...named }) {
      const set = Object.entries({ ...named, kinesis: kinesisUrl, dynamo: dynamoUrl }).map(([name, value]) => `-D${name}=${value}`);
      return startProcess(named.worker, 'java', [...jvm, ...set, '-cp', `${classes}:${jars}`, 'DefaultKclWorker']);
    },
    end,
  };
}
