// The command line's manners: usage, exit codes, what goes to stdout and what to stderr.
import { describe, expect, test } from 'vitest';
import { cli } from '../../support/cli.ts';

const good = 'application: orders\nsource: { streams: [s], start: latest }\nsinks: { main: { kind: postgres, url: "postgres://u:hunter2@h/d" } }\n';
const bad = 'application: orders\nsource: { streams: [s] }\nsinks: { main: { kind: postgres, url: "postgres://h/d" } }\nlease: { duraton: 1s }\n';
const badLines = ['shardfold.yaml: source.start: required; for example trim-horizon', 'shardfold.yaml: lease.duraton: unknown key; did you mean "duration"?'];

test('help and version are results', async () => {
  const help = await cli(['--help']);
  expect(help).toMatchObject({ code: 0, err: '' });
  for (const command of ['run', 'validate', 'config', 'leases', 'formats', 'decode']) expect(help.out).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
  expect(await cli(['--version'])).toEqual({ code: 0, out: '1.2.3\n', err: '' });
});

test.each([
  [[]],
  [['vlidate']],
  [['validate', '--confg', 'x']],
  [['validate', 'extra']],
  [['config', 'prnt']],
  [['config', 'explain']],
  [['leases']],
  [['leases', 'adopt', 'everything']],
  [['run', '--set', 'nothing']],
  [['validate', '-c']],
])('%j is wrong usage', async (argv) => {
  const { code, out, err } = await cli(argv);
  expect([code, out]).toEqual([2, '']);
  expect(err).not.toBe('');
  expect(err).not.toMatch(/^\s+at /m);
});

describe.each([['validate'], ['run'], ['config print'], ['config explain lease'], ['leases list'], ['leases adopt']])('%s', (command) => {
  test('tells every fault on stderr', async () => {
    expect(await cli(command.split(' '), { files: { 'shardfold.yaml': bad } })).toEqual({ code: 2, out: '', err: `${badLines.join('\n')}\n` });
  });

  test('says what to do without a file', async () => {
    expect(await cli([...command.split(' '), '-c', 'other.yaml'])).toEqual({
      code: 2,
      out: '',
      err: 'other.yaml: there is no such file; name the configuration with --config FILE\n',
    });
  });
});

test('validate', async () => {
  const files = { 'shardfold.yaml': good, 'bad.yaml': bad };
  expect(await cli(['validate'], { files })).toEqual({ code: 0, out: 'shardfold.yaml: fine\n', err: '' });
  const machine = await cli(['validate', '--json', '--config', 'bad.yaml'], { files });
  expect(machine).toMatchObject({ code: 2, err: '' });
  expect(JSON.parse(machine.out)).toMatchObject({
    ok: false,
    faults: [{ path: 'source.start' }, { path: 'lease.duraton', suggestion: 'did you mean "duration"?' }],
  });
});

test('config print shows what is in force, without secrets', async () => {
  const { code, out } = await cli(['config', 'print', '--json', '--set', 'lease.duration=20s', '--set', 'http.port=1'], {
    files: { 'shardfold.yaml': good },
    env: { SHARDFOLD_CHECKPOINT__RECORDS: '7' },
  });
  expect(code).toBe(0);
  expect(out).not.toContain('hunter2');
  expect(JSON.parse(out)).toMatchObject({
    lease: { duration: '20s', table: 'orders' },
    http: { port: 1 },
    checkpoint: { records: 7 },
    sinks: { main: { url: 'postgres://u:********@h/d' } },
  });
});

test('config explain tells value, origin and meaning', async () => {
  const files = { 'shardfold.yaml': good };
  expect((await cli(['config', 'explain', 'lease.duration'], { files })).out).toBe(
    'lease.duration: 10s\nfrom: default\nHow long a worker may be silent before others take its shards.\n',
  );
  expect(await cli(['config', 'explain', 'leas'], { files })).toEqual({ code: 2, out: '', err: 'There is no option leas; did you mean "lease"?\n' });
});

test('config schema is a JSON Schema', async () => {
  const { out } = await cli(['config', 'schema']);
  expect(JSON.parse(out)).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' });
  expect(await cli(['config', 'schema', '--json'])).toEqual({ code: 0, out, err: '' });
});
