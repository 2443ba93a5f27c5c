// The command line's machine: streams, files, signals, environment. The only place, with `main.ts`, that touches the process.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { systemMachine } from '@shardfold/consumer';
import { BrokenPipe, type CliIo } from '../cli/io.ts';

function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error === null || error === undefined) resolve();
      else reject('code' in error && error.code === 'EPIPE' ? new BrokenPipe() : error);
    });
  });
}

/** Launchers pass on what the terminal has said already: two signals so close together are one. */
const sameSignalMs = 500;

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
    machine: systemMachine,
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
  };
}
