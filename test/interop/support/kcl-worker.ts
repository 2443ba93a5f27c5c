// The Java KCL as a process: installed on first use, started as a worker of an application, followed by the lines it prints, gone
// with this process. It knows no lease.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The line that only counts leases, and the one with a leader. */
export type KclVersion = '2.7.2' | '3.5.1';

/** A line that `kcl/src` prints. */
export interface KclLine {
  readonly kind: 'started' | 'shard-started' | 'record' | 'shard-lost' | 'shard-ended' | 'shard-stopped' | 'checkpoint-refused' | 'stopping' | 'stopped';
  readonly shard?: string;
  /** Where a shard was begun: a sequence number, or TRIM_HORIZON. */
  readonly from?: string;
  readonly sequence?: string;
  readonly data?: string;
  readonly clean?: string;
}

export interface KclWorker {
  readonly name: string;
  readonly lines: readonly KclLine[];
  /** What its log says at ERROR, one entry a line. */
  readonly errors: readonly string[];
  /** SIGTERM, and the end of the process. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export interface KclOptions {
  readonly classpath: string;
  readonly worker: string;
  readonly application: string;
  readonly stream: string;
  readonly kinesisUrl: string;
  readonly dynamoUrl: string;
  readonly failoverMs: number;
  /** How many leases of others it takes at once at most; the KCL's own answer is one. */
  readonly steal?: number;
}

const cache = fileURLToPath(new URL('../../../.tools/interop', import.meta.url));
const installer = fileURLToPath(new URL('../kcl/install.sh', import.meta.url));
/** The installer's code for: something that has to be downloaded or installed is not to be had now. */
const unavailable = 69;
const maxErrors = 200;
/** Quick to start rather than quick to run; a worker of a test needs little. */
const jvm = ['-Xmx192m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];

/** Answers with the class path. Takes seconds, minutes at the first time. Throws when everything is there and it still does not work. */
export async function installKcl(version: KclVersion): Promise<string | { readonly skipped: string }> {
  if (process.platform !== 'linux') return { skipped: 'the KCL workers are for Linux' };
  await mkdir(cache, { recursive: true });
  const child = spawn('bash', [installer, version, cache], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let complained = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complained += text;
  });
  const [code] = await once(child, 'close');
  const classpath = said
    .split('\n')
    .find((line) => line.startsWith('classpath '))
    ?.slice('classpath '.length);
  if (code === 0 && classpath !== undefined) return classpath;
  if (code === unavailable) return { skipped: complained.trimEnd().split('\n').at(-1) ?? '' };
  throw new Error(`The KCL ${version} could not be installed (code ${code}). Remove ${cache} to install it anew.\n${complained}`);
}

/** Starts a worker. It reads from the trim horizon where the lease table says nothing else. */
export function startKclWorker({ classpath, failoverMs, kinesisUrl, dynamoUrl, steal = 1, ...named }: KclOptions): KclWorker {
  const properties = { ...named, kinesis: kinesisUrl, dynamo: dynamoUrl, failoverMillis: String(failoverMs), steal: String(steal) };
  const set = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'java', ...jvm, ...set, '-cp', classpath, 'KclWorker'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const lines: KclLine[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as KclLine));
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (/^\[.*\] ERROR |^Exception in/.test(line) && errors.length < maxErrors) errors.push(line);
  });
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await closed;
  };
  return { name: named.worker, lines, errors, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}
