// `npm start` as a person meets it: it ends by itself, or at Ctrl-C, drained, and leaves no server behind. And the launcher, which
// is the program itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/until.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Running {
  readonly lines: readonly string[];
  readonly errors: readonly string[];
  readonly pid: number;
  readonly exited: Promise<number | string>;
}

/** A process group of its own, as a terminal makes one. */
function start(command: string, args: readonly string[]): Running {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return { lines, errors, pid: child.pid ?? 0, exited };
}

const perSecond = /^ +\d+ s +(\d+) rows\/s +\d+ superseded\/s +lag \d+\.\d s/;

describe('npm start', () => {
  test('shows the page, the database and a line a second, and ends by itself', async () => {
    const demo = start('npm', ['start', '--silent', '--', '--for', '5s', '--rate', '200']);
    expect(await demo.exited).toBe(0);
    expect(demo.lines.find((line) => line.startsWith('Status page'))).toMatch(/http:\/\/127\.0\.0\.1:\d+\//);
    expect(demo.lines.find((line) => line.startsWith('Database'))).toMatch(/postgres:\/\/.+@127\.0\.0\.1:\d+\//);
    const rates = demo.lines.map((line) => Number(perSecond.exec(line)?.[1] ?? Number.NaN)).filter((rate) => !Number.isNaN(rate));
    expect(rates.length).toBeGreaterThan(2);
    expect(Math.max(...rates)).toBeGreaterThan(0);
    expect(demo.lines.at(-1)).toBe('Drained: every position is saved.');
  });

  test('writes to a file instead, and starts no database', async () => {
    const demo = start('npm', ['start', '--silent', '--', '--for', '4s', '--rate', '200', '--sink', 'sqlite']);
    expect(await demo.exited).toBe(0);
    expect(demo.lines[0]).toBe('Starting a Kinesis and a DynamoDB of our own …');
    expect(demo.lines.find((line) => line.startsWith('Database'))).toMatch(/sqlite:.+demo\.db$/);
    expect(Math.max(...demo.lines.map((line) => Number(perSecond.exec(line)?.[1] ?? 0)))).toBeGreaterThan(0);
    expect(demo.lines.at(-1)).toBe('Drained: every position is saved.');
  });

  test('says it to machines as JSON lines', async () => {
    const demo = start('npm', ['start', '--silent', '--', '--for', '4s', '--rate', '200', '--sink', 'sqlite', '--json']);
    expect(await demo.exited).toBe(0);
    const said = demo.lines.map((line) => JSON.parse(line) as { readonly event: string; readonly rows?: number });
    expect([...new Set(said.map(({ event }) => event))]).toEqual(['starting', 'page', 'database', 'rate', 'draining', 'drained']);
    expect(said).toContainEqual({ event: 'page', url: expect.stringMatching(/^http:/) });
    expect(Math.max(...said.map(({ rows }) => rows ?? 0))).toBeGreaterThan(0);
    expect(said.at(-1)).toEqual({ event: 'drained', exitCodes: [0, 0] });
  });

  test('drains and exits with 0 at Ctrl-C, with every launcher in between passing the signal on', async () => {
    const demo = start('npm', ['start', '--silent', '--', '--no-page', '--rate', '100']);
    await until('rows', () => demo.lines.some((line) => Number(perSecond.exec(line)?.[1] ?? 0) > 0));
    expect(demo.lines.some((line) => line.startsWith('Status page'))).toBe(false);
    process.kill(-demo.pid, 'SIGINT');
    expect(await demo.exited).toBe(0);
    expect(demo.lines.at(-1)).toBe('Drained: every position is saved.');
  });

  test('says what is wrong with a flag', async () => {
    const demo = start('npm', ['start', '--silent', '--', '--for', 'ever']);
    expect(await demo.exited).toBe(2);
    expect(demo.errors.join('\n')).toContain('for example 30s');
  });
});

describe('bin/shardfold', () => {
  test('is the program itself: its process id, its exit code', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shardfold-launcher-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'shardfold.yaml');
    writeFileSync(
      file,
      'application: launcher\nsource: { streams: [s], start: latest, endpoint: "http://127.0.0.1:9" }\nlease: { endpoint: "http://127.0.0.1:9" }\naws: { region: us-east-1 }\nsinks: { main: { kind: postgres, url: "postgres://nobody@127.0.0.1:9/none" } }\nhttp: { host: 127.0.0.1, port: 0 }\nlog: { format: json }\n',
    );
    const run = start(join(root, 'bin/shardfold'), ['run', '-c', file]);
    await until('the worker to wait for its database', () => run.errors.some((line) => line.includes('cannot be written to')));
    expect(readFileSync(`/proc/${run.pid}/cmdline`, 'utf8')).toContain('main.js');
    process.kill(run.pid, 'SIGTERM');
    expect(await run.exited).toBe(0);

    const wrong = start(join(root, 'bin/shardfold'), ['frobnicate']);
    expect(await wrong.exited).toBe(2);
  });
});
