// The file of dead letters: what others left in it, what becomes of it under the reader's hands, its lock, its errors, its index.
import { appendFile, mkdir, mkdtemp, open, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { sortFileError } from '../../src/dead-letters/file/errors.ts';
import { createIdIndex } from '../../src/dead-letters/file/id-index.ts';
import { locked } from '../../src/dead-letters/file/lock.ts';
import { createFileDeadLetters } from '../../src/dead-letters/file/store.ts';
import type { Unreadable } from '../../src/dead-letters/place.ts';
import { type DeadLetter, SinkError, type Timers } from '../../src/index.ts';
import { plainLetter } from '../../src/testing/index.ts';
import { never, timers } from '../support/machine.ts';

async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'letters-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

function storeOn(path: string, with_: Timers = timers) {
  const unreadable: Unreadable[] = [];
  const store = createFileDeadLetters({ path, timers: with_, onUnreadable: (one) => unreadable.push(one) });
  onTestFinished(() => store.close());
  return { store, unreadable };
}

async function emptyPlace() {
  const directory = await scratch();
  const path = join(directory, 'dead.jsonl');
  return { directory, path, ...storeOn(path) };
}

function letter(id: string): DeadLetter {
  return { ...plainLetter, id };
}

const idsOf = (letters: readonly DeadLetter[]): string[] => letters.map(({ id }) => id);

describe('what others left', () => {
  test('a line without its end is ended before the next letter, and said; a discard keeps what it cannot read', async () => {
    const { path, store, unreadable } = await emptyPlace();
    await store.put([letter('a')], never);
    await appendFile(path, '{"id":"half');
    expect(await store.count(never)).toBe(1);
    await store.put([letter('half')], never);
    expect(idsOf(await store.page({ limit: 9 }, never))).toEqual(['a', 'half']);
    expect(unreadable).toEqual([{ where: `${path}:2`, reason: expect.stringMatching(/JSON/) }]);
    expect(await store.discard(['a'], never)).toBe(1);
    expect((await readFile(path, 'utf8')).split('\n')).toEqual(['{"id":"half', expect.stringMatching(/^\{"id":"half","failed_at"/), '']);
    expect(idsOf(await store.page({ limit: 9 }, never))).toEqual(['half']);
  });

  test('blank lines, line ends of Windows, lines that are no letters, a letter written twice', async () => {
    const { path, store, unreadable } = await emptyPlace();
    await store.put([letter('a')], never);
    const line = await readFile(path, 'utf8');
    const second = line.replace('"attempts":3', '"attempts":9').trimEnd();
    await writeFile(path, `\n  \r\n${line.trimEnd()}\r\n[]\n{"id":"x"}\n${second}\n`);
    expect(await store.count(never)).toBe(1);
    expect(await store.find('a', never)).toEqual(letter('a'));
    expect(unreadable.map(({ where }) => where)).toEqual([`${path}:4`, `${path}:5`]);
    expect(await store.discard(['a'], never)).toBe(1);
    expect(await readFile(path, 'utf8')).toBe('\n  \r\n[]\n{"id":"x"}\n');
  });

  test('a line longer than any letter is passed over, and nothing else', async () => {
    const { path, store, unreadable } = await emptyPlace();
    await store.put([letter('a')], never);
    const piece = Buffer.alloc(16 * 1024 * 1024, 'x');
    for (let pieces = 0; pieces < 5; pieces += 1) await appendFile(path, piece);
    await store.put([letter('b')], never);
    expect(idsOf(await store.page({ limit: 9 }, never))).toEqual(['a', 'b']);
    expect(unreadable).toEqual([{ where: `${path}:2`, reason: 'it is too long for a letter' }]);
  });
});

describe('under the reader’s hands', () => {
  test('a file that is moved away, emptied, or replaced by one of the same size is read anew', async () => {
    const { directory, path, store } = await emptyPlace();
    await store.put([letter('a'), letter('b')], never);
    expect(await store.count(never)).toBe(2);
    await rename(path, join(directory, 'old.jsonl'));
    expect(await store.count(never)).toBe(0);
    await store.put([letter('c')], never);
    expect(idsOf(await store.page({ limit: 9 }, never))).toEqual(['c']);
    const replaced = (await readFile(path, 'utf8')).replace('"id":"c"', '"id":"d"');
    await writeFile(join(directory, 'new.jsonl'), replaced);
    await rename(join(directory, 'new.jsonl'), path);
    expect(idsOf(await store.page({ limit: 9 }, never))).toEqual(['d']);
    await truncate(path, 0);
    expect(await store.count(never)).toBe(0);
    await store.put([letter('a')], never);
    expect(await store.count(never)).toBe(1);
  });

  test('two names of one file share its letters and its lock; nothing is left beside them', async () => {
    const { directory, path, store } = await emptyPlace();
    await store.put([letter('a')], never);
    await symlink(path, join(directory, 'link.jsonl'));
    const linked = storeOn(join(directory, 'link.jsonl')).store;
    await Promise.all([linked.put([letter('b'), letter('c')], never), store.put([letter('c'), letter('d')], never)]);
    expect(await linked.discard(['a', 'b'], never)).toBe(2);
    expect(idsOf(await store.page({ limit: 9 }, never))).toEqual(['c', 'd']);
    expect((await readdir(directory)).toSorted()).toEqual(['dead.jsonl', 'dead.jsonl.lock', 'link.jsonl']);
  });

  test('one line a letter, in the order of arrival, with the fields that tables have', async () => {
    const { path, store } = await emptyPlace();
    await store.put([letter('b'), { ...letter('a'), sink: undefined, errorMessage: 'two\nlines\u2028\u0000\ud800' }], never);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      id: 'b',
      failed_at: '2027-01-15T08:00:00.123Z',
      application: 'orders-to-somewhere',
      worker: 'worker-1',
      stream: 'orders',
      shard: 'shardId-000000000000',
      sequence: '49590338271490256608559692538361571095921575989136588898',
      sub_sequence: 7,
      arrival: '2027-01-15T07:59:59.999Z',
      partition_key: null,
      stage: 'write',
      sink: 'main',
      target: 'public.orders',
      key: '{"id":"O\'Brien"}',
      error_code: '22P05',
      error_message: plainLetter.errorMessage,
      attempts: 3,
      event: plainLetter.event,
      raw: Buffer.from(plainLetter.raw).toString('base64'),
    });
    expect(lines[1]).toContain('"error_message":"two\\nlines\\u2028\\u0000\\ud800"');
  });
});

/** Timers that fire by hand. */
function handTimers() {
  const waiting: (() => void)[] = [];
  let told: () => void = () => undefined;
  const by: Timers = {
    after(_, run) {
      waiting.push(run);
      told();
      return () => undefined;
    },
  };
  const asked = () =>
    new Promise<void>((resolve) => {
      told = resolve;
      if (waiting.length > 0) resolve();
    });
  const fire = () => {
    for (const run of waiting.splice(0)) run();
  };
  return { by, asked, fire };
}

describe('the lock', () => {
  async function heldLock(path: string) {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let begun: () => void = () => undefined;
    const begins = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const work = locked(path, timers, never, () => {
      begun();
      return held;
    });
    await begins;
    return async () => {
      release();
      await work;
    };
  }

  test('a put waits for it and comes in when it is free; a count does not wait', async () => {
    const { path, store: reader } = await emptyPlace();
    const release = await heldLock(path);
    const { by, asked, fire } = handTimers();
    const { store } = storeOn(path, by);
    let kept = false;
    const put = store.put([plainLetter], never).then(() => {
      kept = true;
    });
    await asked();
    fire();
    await asked();
    expect(kept).toBe(false);
    expect(await reader.count(never)).toBe(0);
    await release();
    fire();
    await put;
    expect(await reader.count(never)).toBe(1);
  });

  test('who waited knows what was written meanwhile', async () => {
    const { path, store: other } = await emptyPlace();
    await other.put([letter('a')], never);
    const line = (await readFile(path, 'utf8')).replace('"id":"a"', '"id":"b"');
    const release = await heldLock(path);
    const { by, asked, fire } = handTimers();
    const put = storeOn(path, by).store.put([letter('b'), letter('c')], never);
    await asked();
    await appendFile(path, line);
    await release();
    fire();
    await put;
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((each) => JSON.parse(each).id)).toEqual(['a', 'b', 'c']);
  });

  test('who waits is broken off by the signal, and says so after its last try', async () => {
    const { path } = await emptyPlace();
    const release = await heldLock(path);
    onTestFinished(release);
    const { by, asked } = handTimers();
    const stop = new AbortController();
    const put = storeOn(path, by).store.put([plainLetter], stop.signal);
    await asked();
    stop.abort();
    await expect(put).rejects.toMatchObject({ name: 'SinkError', code: 'SINK_CLOSED' });
    const hasty: Timers = {
      after(_, run) {
        queueMicrotask(run);
        return () => undefined;
      },
    };
    const fault = { code: 'SINK_BUSY', retryable: true, message: expect.stringMatching(/another program has been writing it for 30 s/) };
    await expect(storeOn(path, hasty).store.put([plainLetter], never)).rejects.toMatchObject(fault);
  });

  test('a lock file that is something else is named', async () => {
    const { path, store } = await emptyPlace();
    await writeFile(`${path}.lock`, 'no database, and long enough to be taken for one '.repeat(100));
    await expect(store.put([plainLetter], never)).rejects.toMatchObject({ code: 'SINK_UNEXPECTED', message: expect.stringMatching(/Remove the lock file/) });
    await rm(`${path}.lock`);
    await mkdir(`${path}.lock`);
    await expect(store.put([plainLetter], never)).rejects.toMatchObject({ code: 'SINK_DENIED', message: expect.stringMatching(/cannot be opened/) });
  });
});

test('letters are brought to the disk before a put resolves, also those that another put is still writing', async () => {
  const { path, store } = await emptyPlace();
  await store.open(never);
  const probe = await open(path, 'r');
  await probe.close();
  const sizes: number[] = [];
  const prototype = Object.getPrototypeOf(probe) as typeof probe;
  const sync = prototype.sync;
  const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: typeof probe) {
    if ((await this.stat()).isFile()) sizes.push((await this.stat()).size);
    await sync.call(this);
  });
  onTestFinished(() => spy.mockRestore());
  await store.put([letter('a')], never);
  const { length } = await readFile(path);
  await store.put([letter('a')], never);
  await store.put([letter('b')], never);
  await store.discard(['a'], never);
  expect(sizes).toEqual([length, length, 2 * length, length]);
});

describe('errors', () => {
  test('no directory, a directory in place of the file, a file in place of the directory', async () => {
    const { directory, path, store } = await emptyPlace();
    await store.put([plainLetter], never);
    const nowhere = storeOn(join(directory, 'no', 'dead.jsonl')).store;
    const missing = { code: 'SINK_TABLE_MISSING', retryable: false, message: expect.stringMatching(/no\/dead\.jsonl: .*Create its directory/) };
    for (const asked of [nowhere.open(never), nowhere.put([plainLetter], never), nowhere.count(never)]) await expect(asked).rejects.toMatchObject(missing);
    const mismatch = { code: 'SINK_TABLE_MISMATCH', retryable: false };
    await mkdir(join(directory, 'folder'));
    const folder = storeOn(join(directory, 'folder')).store;
    for (const asked of [folder.open(never), folder.put([plainLetter], never), folder.count(never)]) await expect(asked).rejects.toMatchObject(mismatch);
    await expect(storeOn(join(path, 'dead.jsonl')).store.open(never)).rejects.toMatchObject(mismatch);
  });

  test('open makes the file; whatever is asked after a close or with a spent signal is refused', async () => {
    const { path, store } = await emptyPlace();
    await store.open(never);
    expect(await readFile(path, 'utf8')).toBe('');
    await expect(store.put([plainLetter], AbortSignal.abort())).rejects.toMatchObject({ name: 'SinkError', code: 'SINK_CLOSED' });
    await store.close();
    await store.close();
    await expect(store.count(never)).rejects.toMatchObject({ name: 'SinkError', code: 'SINK_CLOSED' });
  });

  test.each([
    ['ENOENT', 'SINK_TABLE_MISSING', false],
    ['ENOTDIR', 'SINK_TABLE_MISMATCH', false],
    ['EACCES', 'SINK_DENIED', false],
    ['EPERM', 'SINK_DENIED', false],
    ['EROFS', 'SINK_READ_ONLY', true],
    ['ENOSPC', 'SINK_BUSY', true],
    ['EDQUOT', 'SINK_BUSY', true],
    ['EMFILE', 'SINK_BUSY', true],
    ['EIO', 'SINK_UNREACHABLE', true],
    ['EWHATEVER', 'SINK_UNEXPECTED', false],
  ])('%s is %s', (systemCode, code, retryable) => {
    const cause = Object.assign(new Error(`${systemCode}: said the system`), { code: systemCode });
    const sorted = sortFileError(cause, 'letters/dead.jsonl');
    expect(sorted).toMatchObject({ code, retryable, cause });
    expect(sorted.message).toMatch(/^Dead letter file letters\/dead\.jsonl: E\w+: said the system\. \S.*\.$/);
  });

  test('any thrown value is sorted, and a SinkError stays itself', () => {
    const own = new SinkError('SINK_BUSY', 'x', { retryable: true });
    expect(sortFileError(own, 'x')).toBe(own);
    fc.assert(fc.property(fc.anything({ withNullPrototype: true, withObjectString: true }), (thrown) => sortFileError(thrown, 'x') instanceof SinkError));
  });
});

describe('the index of ids', () => {
  const place = (number: number) => ({ offset: number * 5_000_000_000, length: number });

  test('answers as a map and sorts as code points do', () => {
    const id = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'a', 'a-', 'B', '\uffff', '\u{10000}', 'ü'));
    fc.assert(
      fc.property(fc.array(id), id, fc.nat(20), (ids, after, limit) => {
        const index = createIdIndex();
        const map = new Map<string, number>();
        for (const [number, one] of ids.entries()) {
          if (index.add(one, place(number)) === map.has(one)) throw new Error(`add of id ${number}`);
          if (!map.has(one)) map.set(one, number);
        }
        const placeOf = (one: string) => (map.has(one) ? place(map.get(one) ?? -1) : undefined);
        expect([...ids, after].map(index.find)).toEqual([...ids, after].map(placeOf));
        const sorted = [...map.keys()].toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
        const rest = sorted.filter((one) => Buffer.compare(Buffer.from(one), Buffer.from(after)) > 0);
        expect(index.page(limit, after)).toEqual(rest.slice(0, limit).map(placeOf));
        expect(index.page(ids.length, undefined)).toEqual(sorted.map(placeOf));
        expect(index.size()).toBe(map.size);
      }),
    );
  });

  test('grows', () => {
    const index = createIdIndex();
    const ids = Array.from({ length: 10_000 }, (_, number) => `${(number * 7_919) % 10_007}`.padEnd(1 + (number % 60), '/'));
    const first = new Map<string, number>();
    for (const [number, id] of ids.entries()) {
      if (index.add(id, place(number))) first.set(id, number);
    }
    expect(first.size).toBe(new Set(ids).size);
    expect([...first.keys()].map(index.find)).toEqual([...first.values()].map(place));
    expect(index.find('nobody')).toBe(undefined);
    expect(index.page(20_000, undefined).map(({ length }) => ids[length])).toEqual([...first.keys()].toSorted());
  });
});
