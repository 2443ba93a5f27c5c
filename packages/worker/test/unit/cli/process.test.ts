// The built program as a process: exit codes, streams, a reader that goes away. Build first: it runs from dist.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const main = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
const adapter = new URL('../../../dist/adapters/process-io.js', import.meta.url);
const real = readFileSync(new URL('../../fixtures/dynamodb-opslog.jsonl', import.meta.url));

async function shardfold(argv: readonly string[], stdin: Uint8Array = Buffer.alloc(0)): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [main, ...argv], { stdio: 'pipe' });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

test.each<readonly [argv: readonly string[], stdin: Uint8Array, code: number]>([
  [['--help'], Buffer.alloc(0), 0],
  [['decode'], real, 0],
  [['decode'], Buffer.from('no record\n'), 3],
  [['decode', '--formt', 'auto'], Buffer.alloc(0), 2],
  [['run', '--config', 'nothing-is-here.yaml'], Buffer.alloc(0), 2],
])('%j ends with its code', async (argv, stdin, code) => {
  const ran = await shardfold(argv, stdin);
  expect(ran.code).toBe(code);
  expect(ran.err).not.toMatch(/^\s+at /m);
});

test.runIf(existsSync('/dev/full'))('an output that cannot be written is told without a stack', async () => {
  const full = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(full));
  for (const argv of [['formats'], ['--help']]) {
    const child = spawn(process.execPath, [main, ...argv], { stdio: ['ignore', full, 'pipe'] });
    let err = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
    const [code] = (await once(child, 'close')) as [number | null];
    expect([code, err]).toEqual([1, expect.stringMatching(/^The output cannot be written: ENOSPC[^\n]*\n$/)]);
  }
});

/** Tells of every module that is loaded, on stderr. */
const tellLoads = `data:text/javascript,${encodeURIComponent(
  "import { registerHooks } from 'node:module'; registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });",
)}`;

test.each([[['--version']], [['--help']], [['help', 'dlq', 'replay']], [['dlq', 'list', '--limit', 'many']]])(
  '%j loads no code but the command line',
  async (argv) => {
    const child = spawn(process.execPath, ['--import', tellLoads, main, ...argv], { stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    await once(child, 'close');
    const loaded = err.split('\n').filter((line) => line.startsWith('file:'));
    const foreign = loaded.filter((url) => !/\/node_modules\/commander\/|\/dist\/(?:main|adapters\/\w|cli\/|config\/(?:near|units)\.js)/.test(url));
    expect(foreign).toEqual([]);
    expect(loaded.some((url) => url.endsWith('/dist/cli/program.js'))).toBe(true);
    expect(loaded.some((url) => url.endsWith('/dist/cli/dlq.js'))).toBe(false);
  },
);

test('results are whole on stdout, whatever their size', async () => {
  const times = 2_000;
  const { code, out } = await shardfold(['decode'], Buffer.concat(Array.from({ length: times }, () => real)));
  expect(code).toBe(0);
  expect(out.split('\n').length).toBe(times * 3 + 1);
});

test('a reader that goes away ends it in peace', async () => {
  const child = spawn(process.execPath, [main, 'decode'], { stdio: 'pipe' });
  let err = '';
  child.stderr.on('data', (chunk) => (err += chunk));
  child.stdin.on('error', () => undefined);
  child.stdout.once('data', () => child.stdout.destroy());
  child.stdin.end(Buffer.concat(Array.from({ length: 20_000 }, () => real)));
  const [code] = (await once(child, 'close')) as [number | null];
  expect({ code, err }).toEqual({ code: 0, err: '' });
});

/** A process that waits for signals as the program does, and says so; `asked` is what it does when a stop is asked for. */
async function signalled(asked: string, signals: readonly NodeJS.Signals[]): Promise<number | null> {
  const script = `import { processIo } from ${JSON.stringify(adapter.href)};
    process.stdin.resume();
    processIo('x').stopSignal().addEventListener('abort', () => { ${asked} });
    process.stdout.write('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'pipe' });
  const closed = once(child, 'close');
  for (const signal of signals) {
    await once(child.stdout, 'data');
    child.kill(signal);
  }
  const [code] = (await closed) as [number | null];
  return code;
}

// The program takes signals that follow each other at once for one, so the process says when that time is over.
const later = (what: string) => `setTimeout(() => { ${what} }, 600);`;

test('the first signal only asks', async () => {
  expect(await signalled('process.exit(7);', ['SIGTERM'])).toBe(7);
});

test.each<readonly [NodeJS.Signals, NodeJS.Signals]>([
  ['SIGTERM', 'SIGINT'],
  ['SIGINT', 'SIGINT'],
])('%s and later %s end it at once with 130', async (first, second) => {
  expect(await signalled(later("process.stdout.write('asked');"), [first, second])).toBe(130);
});

test('a signal that a launcher passes on once more is the same one', async () => {
  expect(await signalled(`process.stdout.write('asked'); ${later('process.exit(7);')}`, ['SIGINT', 'SIGINT'])).toBe(7);
});
