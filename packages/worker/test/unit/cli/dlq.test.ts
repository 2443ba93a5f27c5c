// The commands over dead letters, with letters in a SQLite file and in a file of their own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createFileDeadLetters, createSqliteSink, type DeadLetter, systemMachine } from '@shardfold/sinks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli, type Given } from '../../support/cli.ts';
import { letter, never, payload } from '../dead-letters/support.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shardfold-dlq-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const kinds = ['sink', 'file'] as const;
type Kind = (typeof kinds)[number];

const database = () => join(folder, 'orders.db');
const letterFile = () => join(folder, 'dead.jsonl');

function configuration(kind: Kind, more = ''): string {
  const place = kind === 'sink' ? '{ kind: sink }' : `{ kind: file, path: "${letterFile()}" }`;
  return `application: orders\naws: { region: r }\nsource: { streams: [orders], start: latest }\nsinks: { main: { kind: sqlite, url: "sqlite:${database()}" } }\ndeadLetters: ${place}\n${more}`;
}

/** Letters as a worker leaves them. */
async function bury(kind: Kind, letters: readonly DeadLetter[]): Promise<void> {
  if (kind === 'file') {
    const place = createFileDeadLetters({ path: letterFile(), timers: systemMachine.timers, onUnreadable: () => undefined });
    await place.put(letters, never);
    await place.close();
    return;
  }
  const sink = createSqliteSink({ url: `sqlite:${database()}`, machine: systemMachine, createTables: true });
  await sink.open(never);
  await sink.deadLetters().put(letters, never);
  await sink.close();
}

function run(kind: Kind, argv: readonly string[], given: Given = {}, more = '') {
  return cli(['dlq', ...argv], { ...given, files: { 'shardfold.yaml': configuration(kind, more) } });
}

function rows(): readonly unknown[] {
  const opened = new DatabaseSync(database(), { readOnly: true });
  try {
    return opened
      .prepare('SELECT id FROM orders ORDER BY id')
      .all()
      .map(({ id }) => id);
  } finally {
    opened.close();
  }
}

const idOf = (sign: string) => sign.repeat(32);
const ids = async (kind: Kind) =>
  (JSON.parse((await run(kind, ['list', '--json'])).out) as { letters: { id: string }[] }).letters.map(({ id }) => id.slice(0, 1));

const good = letter(idOf('a'), payload('1', 1_790_000_000_000), {
  stage: 'write',
  sink: 'main',
  target: 'orders',
  failedAtMs: 1_800_000_000_000,
  errorCode: 'OLD',
});
const bad = letter(idOf('b'), 'no json', { failedAtMs: 1_800_000_060_000, errorCode: 'NOT_JSON', errorMessage: 'It came from postgres://u:hunter2@h/d.' });

test('no letter, and no table for letters yet, is nothing', async () => {
  expect(await run('sink', ['list'])).toMatchObject({ code: 0, out: 'No dead letter.\n', err: '' });
  expect(await run('sink', ['replay', '--yes'])).toMatchObject({ code: 0, out: 'No dead letter.\n' });
});

describe.each(kinds)('letters in a %s', (kind) => {
  beforeEach(() => bury(kind, [good, bad]));

  test('are listed and shown', async () => {
    expect((await run(kind, ['list'])).out).toBe(
      [
        'ID            FAILED AT             CODE      TARGET',
        'aaaaaaaaaaaa  2027-01-15T08:00:00Z  OLD       main: orders',
        'bbbbbbbbbbbb  2027-01-15T08:01:00Z  NOT_JSON  stream orders',
        '2 dead letters.',
        '',
      ].join('\n'),
    );
    expect((await run(kind, ['list', '--limit', '1'])).out).toMatch(
      /\nThe first 1 dead letter; there are more, which --limit shows\.\n2 are kept there by all applications\.\n$/,
    );
    for (const [flag, value] of [
      ['--code', 'OLD'],
      ['--sink', 'main'],
    ] as const)
      expect((await run(kind, ['list', flag, value])).out).toMatch(/^ID.*\naaaa.*\n1 dead letter\.\n$/);
    expect((await run(kind, ['list', '--since', '2027-01-15T08:00:30Z'])).out).toMatch(/^ID.*\nbbbb.*\n1 dead letter\.\n$/);
    const shown = await run(kind, ['show', 'bbb']);
    expect(shown.out).toMatch(/^id +b{32}\n/);
    expect(shown.out).toContain('raw (7 bytes)\n  no json\n');
    expect(shown.out).not.toContain('hunter2');
    expect(JSON.parse((await run(kind, ['show', 'a', '--json'])).out)).toMatchObject({
      id: idOf('a'),
      sink: 'main',
      raw: Buffer.from(good.raw).toString('base64'),
    });
    expect(await run(kind, ['show', 'c'])).toMatchObject({ code: 2, out: '' });
  });

  test('are replayed: one lands and goes, one fails again, stays and makes it 3', async () => {
    const dry = await run(kind, ['replay', '--dry-run']);
    expect(dry).toMatchObject({ code: 0, out: 'Would replay 2 dead letters.\n  1 × OLD\n  1 × NOT_JSON\n' });
    const ran = await run(kind, ['replay', '--yes']);
    expect(ran.code).toBe(3);
    expect(ran.out).toMatch(
      /^1 dead letter replayed and removed \(changes: 1 applied\)\.\n1 dead letter failed again and stays:\n {2}1 × NOT_JSON, such as bbbb/,
    );
    expect(rows()).toEqual(['1']);
    expect(await ids(kind)).toEqual(['b']);
    expect(JSON.parse((await run(kind, ['show', 'b', '--json'])).out)).toMatchObject({ attempts: 2, worker: 'dlq replay on host' });
    expect(await run(kind, ['replay', 'b', '--yes', '--json'])).toMatchObject({ code: 3 });
    expect(JSON.parse((await run(kind, ['show', 'b', '--json'])).out)).toMatchObject({ attempts: 3 });
  });

  test('are discarded when somebody says so', async () => {
    expect(await run(kind, ['discard', '--all'])).toMatchObject({ code: 2, out: '' });
    expect(await run(kind, ['discard', '--yes'])).toMatchObject({ code: 2, out: '' });
    expect(await run(kind, ['discard', 'a', '--code', 'OLD', '--yes'])).toMatchObject({ code: 2, out: '' });
    expect(await run(kind, ['discard', '--all'], { answers: ['no'] })).toMatchObject({ code: 0, out: 'Nothing was done.\n' });
    expect(await ids(kind)).toEqual(['a', 'b']);
    expect(await run(kind, ['discard', 'a'], { answers: ['y'] })).toMatchObject({ code: 0, out: '1 dead letter discarded.\n' });
    expect(await ids(kind)).toEqual(['b']);
    expect(await run(kind, ['discard', '--all', '--yes', '--json'])).toMatchObject({ code: 0, out: '{\n  "discarded": 1\n}\n' });
    expect(await ids(kind)).toEqual([]);
  });
});

test('of several fleets in one place each sees, replays and discards its own', async () => {
  await bury('sink', [good, letter(idOf('c'), payload('2', 1_790_000_000_000), { application: 'others' })]);
  expect((await run('sink', ['list'])).out).toMatch(/\naaaa.*\n1 dead letter\.\n2 are kept there by all applications\.\n$/);
  expect(JSON.parse((await run('sink', ['list', '--json'])).out)).toMatchObject({ letters: [{ id: idOf('a') }], more: false, kept: 2, keptMore: false });
  expect(JSON.parse((await run('sink', ['list', '--json', '--code', 'OLD'])).out)).toMatchObject({ kept: null });
  for (const does of ['replay', 'discard']) {
    const { code, err } = await run('sink', [does, 'ccc', '--yes']);
    expect([code, err]).toEqual([2, expect.stringContaining('is of application others')]);
  }
  expect((await run('sink', ['replay', '--yes'])).out).toMatch(/^1 dead letter replayed/);
  expect(rows()).toEqual(['1']);
  expect(await run('sink', ['discard', '--all', '--yes'])).toMatchObject({ code: 0, out: 'No dead letter.\n' });
  expect((await run('sink', ['list'])).out).toBe('No dead letter.\n1 are kept there by all applications.\n');
  expect((await run('sink', ['list', '--set', 'application=others'])).out).toMatch(/\ncccc.*\n1 dead letter\.\n$/);
});

test('a letter that the configuration leaves out is not called replayed, stays, and makes it 3', async () => {
  await bury('sink', [good]);
  const ran = await run('sink', ['replay', '--yes'], {}, 'tables: [{ source: others, sink: main }]');
  expect([ran.code, ran.out]).toEqual([
    3,
    '0 dead letters replayed and removed.\n1 dead letter was filtered and stays: tables[] of this configuration leaves out all that it holds, so nothing was written. Change tables[] and replay again, or discard what is not wanted.\n',
  ]);
  expect(await ids('sink')).toEqual(['a']);
});

test('an empty id names no letter', async () => {
  await bury('sink', [good]);
  for (const argv of [
    ['show', ''],
    ['replay', '', '--yes'],
    ['discard', '', '--yes'],
  ])
    expect(await run('sink', argv)).toMatchObject({ code: 2, out: '', err: expect.stringContaining('An id is empty') });
  expect(await ids('sink')).toEqual(['a']);
});

test('a sink that is not there and has no letter is a mistake', async () => {
  await bury('file', [good, letter(idOf('c'), payload('2', 1_790_000_000_000), { sink: 'former' })]);
  for (const argv of [['list'], ['list', '--json'], ['replay', '--yes'], ['replay', '--dry-run'], ['discard', '--yes']])
    expect(await run('file', [...argv, '--sink', 'nope'])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('known are main') });
  expect((await run('file', ['list', '--sink', 'mian'])).err).toContain('did you mean "main"?');
  expect(await run('file', ['list', '--sink', 'former'])).toMatchObject({ code: 0, out: expect.stringMatching(/\ncccc.*\n1 dead letter\.\n$/) });
  expect(await run('file', ['list', '--sink', 'main', '--code', 'NONE'])).toMatchObject({ code: 0, out: 'No dead letter.\n' });
});

test('an id that several begin with is not guessed', async () => {
  await bury('sink', [letter('aab', 'x'), letter('aac', 'x')]);
  const { code, err } = await run('sink', ['discard', 'aa', '--yes']);
  expect(code).toBe(2);
  expect(err).toContain('aab and aac');
});

test('a row without a key lands once its key is named', async () => {
  const text = '{"schema": "shop", "table": "orders", "type": "DeleteRowsEvent", "row": {"values": {"id": 3}}}';
  await bury('sink', [letter(idOf('a'), text, { stage: 'route', errorCode: 'ROW_WITHOUT_KEY', sink: 'main', target: 'orders' })]);
  expect(await run('sink', ['replay', '--yes'])).toMatchObject({ code: 3 });
  expect(await run('sink', ['replay', '--yes'], {}, 'tables: [{ source: orders, sink: main, key: [id] }]')).toMatchObject({ code: 0 });
});
