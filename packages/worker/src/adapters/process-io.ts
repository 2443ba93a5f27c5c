// The command line's machine: streams, files, signals, environment. The only place, with `main.ts`, that touches the process.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { BrokenPipe, CliError, type CliIo } from '../cli/io.ts';

function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined) resolve();
      else reject('code' in error && error.code === 'EPIPE' ? new BrokenPipe() : new CliError(1, `The output cannot be written: ${error.message}`));
    });
  });
}

/** Launchers pass on what the terminal has said already: two signals so close together are one. */
const sameSignalMs = 500;

/** Who runs it by hand and closes the window wants it to end. */
const hasTerminal = (): boolean => process.stdin.isTTY === true || process.stderr.isTTY === true;

function onHangUp(run: () => void): void {
  if (!hasTerminal()) process.on('SIGHUP', run);
}

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  let askedMs = 0;
  const asked = (): void => {
    if (stop.signal.aborted) {
      if (performance.now() - askedMs > sameSignalMs) process.exit(130);
      return;
    }
    askedMs = performance.now();
    stop.abort(new Error('A stop was asked for.'));
  };
  process.on('SIGTERM', asked);
  process.on('SIGINT', asked);
  if (hasTerminal()) process.on('SIGHUP', asked);
  return stop.signal;
}

/** The terminal edits the line itself, so that Ctrl-C stays a signal. */
function ask(question: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
    const stopped = (): void => {
      reject(signal.reason);
      lines.close();
    };
    if (signal.aborted) return stopped();
    signal.addEventListener('abort', stopped, { once: true });
    lines.once('close', () => resolve(''));
    lines.question(question, (line) => {
      signal.removeEventListener('abort', stopped);
      resolve(line);
      lines.close();
    });
  });
}

export function processIo(version: string): CliIo {
  // A reader that went away is told by `write`; nobody is left to tell about a log that nobody reads.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  return {
    env: process.env,
    machine: async () => (await import('@shardfold/consumer')).systemMachine,
    hostname: hostname(),
    version,
    out: write,
    err: (text) => void process.stderr.write(text),
    errIsTerminal: process.stderr.isTTY === true,
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
    ask,
    stdin: () => process.stdin,
    readText: (file) => readFile(file, 'utf8'),
    readBytes: (file) => createReadStream(file),
    stopSignal,
    onHangUp,
  };
}
