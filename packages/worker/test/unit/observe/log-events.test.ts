// The list of events against what is said: whatever is said is in it as it says, and nothing stands in it that nobody says.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Machine, systemMachine } from '@shardfold/consumer';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from '../../../src/cli/program.ts';
import { createAccounts } from '../../../src/flow/accounts.ts';
import { labels } from '../../../src/observe/labels.ts';
import { type LogEvent, type LogEventEntry, logEvents, logFields } from '../../../src/observe/log-events.ts';
import { narrateUnreadable } from '../../../src/observe/narrate-sinks.ts';
import { againMs } from '../../../src/observe/troubles.ts';
import { testIo } from '../../support/cli.ts';
import { type Sample, samples } from './event-samples.ts';
import { type Line, listener, shard } from './support.ts';

type Whole = Required<Sample>;
const everySample = Object.values(samples)
  .flat()
  .map(([event, said, before = []]): Whole => [event, said, before]);
const entries: readonly (readonly [string, LogEventEntry])[] = Object.entries(logEvents);
const everyLine = new Set(['level', 'time', 'worker', 'event', 'msg']);

/** Without those that every line has. */
const fieldsOf = (line: Line): readonly string[] => Object.keys(line).filter((name) => !everyLine.has(name));

function entryOf(event: string): LogEventEntry {
  const found = entries.find(([name]) => name === event)?.[1];
  if (found === undefined) throw new Error(`${event} is not in the list.`);
  return found;
}

function isLimited({ event, level }: Line): boolean {
  return entryOf(event).limitedTo !== undefined && level !== 'info';
}

function linesOf([event, , before]: Whole, times = 1): readonly Line[] {
  const heard = listener({ level: 'debug' });
  for (const each of before) heard.narrate(each);
  const already = heard.lines.length;
  for (let time = 0; time < times; time += 1) heard.narrate(event);
  heard.nowMs += againMs;
  if (times > 1) heard.narrate(event);
  return heard.lines.slice(already);
}

function unreadableLines(): readonly Line[] {
  const heard = listener();
  const tell = narrateUnreadable(heard);
  for (const where of ['a', 'a', 'b']) tell({ where, reason: 'no JSON' });
  heard.nowMs = againMs;
  tell({ where: 'a', reason: 'no JSON' });
  return heard.lines;
}

/**
 * Lines of a worker that is told to stop before it reads, or has a sink that cannot be opened. It gets a SIGHUP as soon as it listens, and
 * finds no configuration with the next one.
 */
async function linesOfRun(
  file: string,
  stop: AbortSignal,
  machine: Machine = systemMachine,
  { format = 'json', flags = [] }: { readonly format?: string; readonly flags?: readonly string[] } = {},
): Promise<readonly Line[]> {
  const folder = mkdtempSync(join(tmpdir(), 'shardfold-lines-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const yaml = `
version: 1
application: lines
aws: { region: us-east-1 }
source: { streams: [s], start: latest }
sinks: { main: { kind: sqlite, url: "sqlite:${join(folder, file)}" } }
http: { host: 127.0.0.1, port: 0 }
log: { format: ${format} }`;
  const ran = { out: '', err: '' };
  const texts = [yaml, yaml];
  const io = {
    ...testIo({}, ran),
    machine: async () => machine,
    stopSignal: () => stop,
    onHangUp(run: () => void) {
      run();
      run();
    },
    async readText(name: string) {
      const text = texts.shift();
      if (text === undefined) throw new Error(`${name} is gone`);
      return text;
    },
  };
  await runCli(['run', '-c', 'x.yaml', ...flags], io);
  if (!ran.err.startsWith('{')) throw new Error(ran.err);
  return ran.err
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

function expectAsListed(line: Line): void {
  const { levels, fields = [], maybe = [] } = entryOf(line.event);
  expect(levels, line.event).toContain(line.level);
  const has = fieldsOf(line);
  expect(
    fields.filter((name) => !has.includes(name)),
    line.event,
  ).toEqual([]);
  expect(
    has.filter((name) => ![...fields, ...maybe].some((known) => known === name)),
    line.event,
  ).toEqual([]);
}

test.each(everySample)('%j is told as the list says', (event, said, before) => {
  const lines = linesOf([event, said, before]);
  expect(lines.map((line) => line.event)).toEqual(said);
  for (const line of lines) {
    expectAsListed(line);
    expect(line.worker).toBe('w-1');
  }
});

test.each(everySample.filter(([, said, before]) => said.length > 0 && before.length === 0))('%j is told as often as the list says', (event, said) => {
  const [first, ...more] = linesOf([event, said, []], 3);
  if (first === undefined) throw new Error('It is not told.');
  if (isLimited(first)) expect(more).toMatchObject([{ event: first.event, untold: 2 }]);
  else expect(more).toHaveLength(3);
});

/** A fault of the program. */
const odd: Machine = {
  ...systemMachine,
  clock: {
    ...systemMachine.clock,
    wallMs() {
      throw new TypeError('Odd.');
    },
  },
};
const never = new AbortController().signal;

test.each([
  ['that is told to stop', 'x.db', AbortSignal.abort(), ['log-level-changed', 'page-served', 'reload-failed', 'stopped']],
  ['that cannot go on', 'nowhere/x.db', never, ['failed', 'log-level-changed', 'page-served', 'reload-failed', 'stopped']],
] as const)('a worker %s tells of itself as the list says', async (_, file, stop, said) => {
  const lines = await linesOfRun(file, stop);
  expect(lines.map(({ event }) => event).sort()).toEqual(said);
  for (const line of lines) expectAsListed(line);
  expect([...new Set(lines.map(({ worker }) => worker))]).toEqual([expect.stringMatching(/^host-[0-9a-f]{8}$/)]);
});

test('`run --json` writes JSON lines whatever the configuration says', async () => {
  const events = (await linesOfRun('x.db', AbortSignal.abort(), systemMachine, { format: 'pretty', flags: ['--json'] })).map(({ event }) => event);
  expect(events).toContain('stopped');
});

test('a fault of the program is told with the place where it happened', async () => {
  const lines = (await linesOfRun('x.db', never, odd)).filter(({ event }) => event === 'failed');
  expect(lines).toMatchObject([{ level: 'error', msg: 'Odd.', stack: expect.stringContaining('\n    at ') }]);
});

test('nothing is in the list that nobody says, at no level and with no field', async () => {
  const lines = [
    ...everySample.flatMap((sample) => linesOf(sample)),
    ...everySample.flatMap((sample) => linesOf(sample, 3)),
    ...unreadableLines(),
    ...(await linesOfRun('nowhere/x.db', never)),
    ...(await linesOfRun('x.db', never, odd)),
  ];
  const said = new Set(lines.flatMap((line) => [`${line.event} ${line.level}`, ...fieldsOf(line).map((name) => `${line.event}.${name}`)]));
  const listed = entries.flatMap(([event, { levels, fields = [], maybe = [] }]) => [
    ...levels.map((level) => `${event} ${level}`),
    // What a worker has read is in its last line only after it has read.
    ...[...fields, ...(event === 'stopped' ? [] : maybe)].map((name) => `${event}.${name}`),
  ]);
  expect(listed.filter((each) => !said.has(each))).toEqual([]);
  const used = new Set<string>(entries.flatMap(([, { fields = [], maybe = [] }]) => [...fields, ...maybe]));
  expect(Object.keys(logFields).filter((name) => !used.has(name))).toEqual([]);
});

test('the last line has the totals that the list says', () => {
  const accounts = createAccounts();
  accounts.onEvent({ kind: 'batch-fetched', shard, records: 1, bytes: 1, behindLatestMs: 0 });
  accounts.onEvent({ kind: 'changes-routed', sink: 'main', count: 1 });
  for (const outcome of labels.recordOutcomes) accounts.onEvent({ kind: 'records', shard, outcome, count: 1 });
  accounts.onEvent({ kind: 'records-abandoned', shard, records: 1 });
  for (const outcome of labels.changeOutcomes) accounts.onEvent({ kind: 'changes', sink: 'main', outcome, count: 1 });
  expect(Object.keys(accounts.totals()).sort()).toEqual([...logEvents.stopped.maybe].sort());
});

test('names are those of the events, in small letters and hyphens', () => {
  const own: readonly LogEvent[] = ['page-served', 'log-level-changed', 'reload-failed', 'failed', 'stopped', 'letter-unreadable', 'fetch-recovered'];
  expect(
    entries
      .map(([name]) => name)
      .filter((name) => !Object.hasOwn(samples, name))
      .sort(),
  ).toEqual([...own].sort());
  for (const [name] of entries) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
});
