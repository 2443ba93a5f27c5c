// Dead letters in a file: every law of a store of dead letters, several processes at one file, and a full disk.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createFileDeadLetters } from '../../src/dead-letters/file/store.ts';
import { letterFromJson } from '../../src/dead-letters/json.ts';
import type { DeadLetterPlace, Unreadable } from '../../src/dead-letters/place.ts';
import { letterStoreLaws, plainLetter } from '../../src/testing/index.ts';
import { never, timers } from '../support/machine.ts';

const writer = fileURLToPath(new URL('../support/letter-writer.ts', import.meta.url));

async function emptyPlace() {
  const directory = await mkdtemp(join(tmpdir(), 'letters-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'dead.jsonl');
  const unreadable: Unreadable[] = [];
  const make = (): DeadLetterPlace => {
    const place = createFileDeadLetters({ path, timers, onUnreadable: (one) => unreadable.push(one) });
    onTestFinished(() => place.close());
    return place;
  };
  return { path, make, unreadable };
}

interface Writer {
  readonly ready: Promise<unknown>;
  /** What it said after `ready`. */
  readonly said: Promise<readonly string[]>;
  begin(): void;
}

function startWriter(child: ChildProcessByStdio<Writable, Readable, null>): Writer {
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  return { ready: once(reader, 'line'), said: once(child, 'close').then(() => lines.slice(1)), begin: () => child.stdin.write('begin\n') };
}

/** Every line of the file, which all must be letters. */
async function idsInFile(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => {
      const read = letterFromJson(line);
      if (read.kind === 'unreadable') throw new Error(read.reason);
      return read.letter.id;
    });
}

for (const { name, holds } of letterStoreLaws)
  test(name, async () => {
    const { make } = await emptyPlace();
    await holds([make(), make()]);
  });

test('three processes write one file while a fourth discards: no letter is torn, lost or kept twice', async () => {
  const { path, make, unreadable } = await emptyPlace();
  const letters = 90;
  const names = ['one', 'two', 'three'];
  const writers = names.map((name) =>
    startWriter(spawn(process.execPath, [writer, path, name, String(letters), '20000'], { stdio: ['pipe', 'pipe', 'inherit'] })),
  );
  await Promise.all(writers.map(({ ready }) => ready));
  let writing = true;
  const finished = Promise.all(writers.map(({ said }) => said)).then((said) => {
    writing = false;
    return said.flat();
  });
  for (const { begin } of writers) begin();
  const store = make();
  const discarded: string[] = [];
  while (writing) {
    const ids = (await store.page({ limit: 7 }, never)).map(({ id }) => id);
    expect(await store.discard(ids, never)).toBe(ids.length);
    discarded.push(...ids);
  }
  expect(await finished).toEqual([]);
  expect(unreadable).toEqual([]);
  expect(discarded.length).toBeGreaterThan(0);
  const left = await store.count(never).then((count) => (count === 0 ? [] : idsInFile(path)));
  expect(left.length).toBe(await store.count(never));
  const numbers = Array.from({ length: letters }, (_, number) => number);
  const own = names.flatMap((name) => numbers.filter((number) => number % 3 !== 0).map((number) => `${name}-${number}`));
  const all = [...discarded, ...left];
  expect(all.filter((id) => !id.startsWith('all-')).toSorted()).toEqual(own.toSorted());
  // One that all have may come again after it was discarded.
  expect(new Set(all)).toEqual(new Set([...own, ...numbers.filter((number) => number % 3 === 0).map((number) => `all-${number}`)]));
  expect(new Set(left).size).toBe(left.length);
});

test('a disk that is full refuses a letter whole; with room again it goes on', async (context) => {
  if (process.platform !== 'linux') return context.skip('limits of file size are set with bash');
  const { path, make, unreadable } = await emptyPlace();
  // 100 KiB a file; a letter of 20,000 bytes has some 27,000 as base64, so that the fourth is cut.
  const limited = spawn('bash', ['-c', 'trap "" XFSZ; ulimit -f 100; exec "$@"', 'bash', process.execPath, writer, path, 'w', '9', '20000'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { ready, said, begin } = startWriter(limited);
  await ready;
  begin();
  expect(await said).toEqual([expect.stringMatching(/^refused SINK_BUSY .*EFBIG.*Make room/)]);
  expect(await idsInFile(path)).toEqual(['all-0', 'w-1', 'w-2']);
  const store = make();
  await store.put([plainLetter], never);
  expect(await store.count(never)).toBe(4);
  expect(unreadable).toEqual([]);
});
