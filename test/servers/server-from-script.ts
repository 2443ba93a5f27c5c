// A server that one of the scripts beside this installs and runs, for tests. Installed on first use into a folder that git
// ignores; where it cannot be had, the reason is the answer. How it is run is the script's business.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type ServerFromScript = { readonly url: string; stop(): Promise<void> } | { readonly skipped: string };

const cache = fileURLToPath(new URL('../../.tools/servers', import.meta.url));
/** The script's code for: something that has to be downloaded or installed is not to be had now. */
const unavailable = 69;
const maxTailChars = 4_000;

/** `name`: a script of this folder. `options`: variables that it reads. Takes seconds, minutes at the first time. Throws when everything is there and it still does not work. */
export async function startFromScript(name: string, options: Readonly<Record<string, string>> = {}): Promise<ServerFromScript> {
  if (process.platform !== 'linux') return { skipped: `${name} is for Linux` };
  const script = fileURLToPath(new URL(name, import.meta.url));
  await mkdir(cache, { recursive: true });
  // Should this process be killed, the script is told to stop as well.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', 'bash', script, cache], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options, NODE_OPTIONS: '', PORT: String(await freePort()) },
  });
  let tail = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-maxTailChars);
  });
  const missing = new Promise<string>((resolve) => child.once('error', (error) => resolve(error.message)));
  const closed = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('ready ')) resolve(line.slice('ready '.length));
    });
  });
  const outcome = await Promise.race([
    ready.then((url) => ({ url })),
    closed.then((code) => ({ code })),
    missing.then((skipped) => ({ skipped: `cannot run setpriv: ${skipped}` })),
  ]);
  if ('skipped' in outcome) return outcome;
  if ('code' in outcome) {
    const lastLine = tail.trimEnd().split('\n').at(-1) ?? '';
    if (outcome.code === unavailable) return { skipped: lastLine };
    throw new Error(`${name} did not start its server (code ${outcome.code}). Nothing is left running; remove ${cache} to install it anew.\n${tail}`);
  }
  return {
    url: outcome.url,
    async stop() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address !== 'object') throw new Error('the system named no port');
  return address.port;
}
