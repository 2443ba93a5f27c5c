// What is wrong with a configuration: every fault at once, each with its path, the rule and what to write instead.
import { leaseTimes } from '@shardfold/consumer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { faultLine } from '../../../src/config/faults.ts';
import { type LoadInput, loadConfig } from '../../../src/config/load.ts';

const head = 'application: orders\n';
const source = 'source: { streams: [s], start: latest }\n';
const sinks = 'sinks: { main: { kind: postgres, url: "postgres://h/d" } }\n';

function faultsOf(text: string, more: Partial<LoadInput> = {}): readonly string[] {
  const loaded = loadConfig({ text, file: 'shardfold.yaml', env: {}, ...more });
  return loaded.ok ? [] : loaded.faults.map((fault) => faultLine(fault, 'shardfold.yaml'));
}

const sourceWith = (more: string) => `source: { streams: [s], start: latest, ${more} }\n`;
const tableWith = (more: string) => `${head}${source}${sinks}tables: [{ source: a, ${more} }]\n`;

test.each<readonly [title: string, text: string, faults: readonly string[]]>([
  ['a right one', head + source + sinks, []],
  ['an unknown key', `${head}${source}${sinks}lease: { duraton: 10s }`, ['shardfold.yaml: lease.duraton: unknown key; did you mean "duration"?']],
  ['an unknown block', `${head}${source}${sinks}sink: {}`, ['shardfold.yaml: sink: unknown key; did you mean "sinks"?']],
  ['no start', `${head}source: { streams: [s] }\n${sinks}`, ['shardfold.yaml: source.start: required; for example trim-horizon']],
  [
    'nothing',
    '',
    [
      'shardfold.yaml: application: required; for example orders-to-postgres',
      'shardfold.yaml: source.streams: required; for example ["orders-cdc"]',
      'shardfold.yaml: source.start: required; for example trim-horizon',
      `shardfold.yaml: sinks: required; for example {"main":{"kind":"postgres","url":"\${DATABASE_URL}"}}`,
    ],
  ],
  [
    'a start that is no time',
    `${head}source: { streams: [s], start: yesterday }\n${sinks}`,
    ['shardfold.yaml: source.start: must be trim-horizon, latest or a time with its zone, not "yesterday"; for example trim-horizon'],
  ],
  [
    'a time without its zone',
    `${head}source: { streams: [s], start: 2026-11-01T00:00:00 }\n${sinks}`,
    ['shardfold.yaml: source.start: must be trim-horizon, latest or a time with its zone, not "2026-11-01T00:00:00"; for example trim-horizon'],
  ],
  [
    'a time that is not',
    `${head}source: { streams: [s], start: 2026-13-01T00:00:00Z }\n${sinks}`,
    ['shardfold.yaml: source.start: is no time that exists, not "2026-13-01T00:00:00Z"; for example 2026-11-01T00:00:00Z'],
  ],
  [
    'a duration without unit',
    head + sourceWith('pollInterval: 10') + sinks,
    ['shardfold.yaml: source.pollInterval: must be a number with a unit of ms, s, m, h or d, not 10; for example 1s'],
  ],
  [
    'a duration out of bounds',
    `${head}${source}${sinks}lease: { duration: 2h }`,
    ['shardfold.yaml: lease.duration: must be from 500ms to 1h, not "2h"; use 1h'],
  ],
  [
    'a size without unit',
    head + sourceWith('bufferBytes: "64"') + sinks,
    ['shardfold.yaml: source.bufferBytes: must be a number with a unit of B, KB, MB, GB, KiB, MiB or GiB, not "64"; for example 64MiB'],
  ],
  ['a port that is none', `${head}${source}${sinks}http: { port: 99999 }`, ['shardfold.yaml: http.port: must be at most 65535, not 99999; for example 9400']],
  [
    'a near choice',
    `${head}${source}sinks: { main: { kind: postgre, url: "postgres://h/d" } }`,
    ['shardfold.yaml: sinks.main.kind: must be postgres or cratedb or mysql or sqlite or mongodb, not "postgre"; did you mean "postgres"?'],
  ],
  [
    'streams not a list',
    `${head}source: { streams: orders, start: latest }\n${sinks}`,
    ['shardfold.yaml: source.streams: must be a list, not "orders"; for example ["orders-cdc"]'],
  ],
  [
    'no stream at all',
    `${head}source: { streams: [], start: latest }\n${sinks}`,
    ['shardfold.yaml: source.streams: must be at least 1 entry; for example ["orders-cdc"]'],
  ],
  [
    'no sink at all',
    `${head}${source}sinks: {}`,
    [`shardfold.yaml: sinks: must name at least one sink; for example {"main":{"kind":"postgres","url":"\${DATABASE_URL}"}}`],
  ],
  ['a sink that is not there', tableWith('sink: mian'), ['shardfold.yaml: tables.0.sink: there is no sink "mian"; did you mean "main"?']],
  [
    'several sinks and no tables',
    `${head}${source}sinks: { a: { kind: postgres, url: "postgres://h/d" }, b: { kind: postgres, url: "postgres://h/e" } }`,
    ['shardfold.yaml: tables: required: several sinks need it to choose; for example [{"source":"*","sink":"a"}]'],
  ],
  [
    'several sinks and a table without',
    `${head}${source}sinks: { a: { kind: postgres, url: "postgres://h/d" }, b: { kind: postgres, url: "postgres://h/e" } }\ntables: [{ source: x }]`,
    ['shardfold.yaml: tables.0.sink: required: there are several sinks; one of a, b'],
  ],
  [
    'the same source twice',
    `${head}${source}${sinks}tables: [{ source: x }, { source: x }]`,
    ['shardfold.yaml: tables.1.source: stands in an earlier entry already, which decides; merge the two'],
  ],
  [
    'the same source twice, and two entries without one',
    `${head}${source}${sinks}tables: [{ target: b }, { source: a }, { source: a }, { target: c }]`,
    [
      'shardfold.yaml: tables.0.source: required; for example orders',
      'shardfold.yaml: tables.3.source: required; for example orders',
      'shardfold.yaml: tables.2.source: stands in an earlier entry already, which decides; merge the two',
    ],
  ],
  [
    'a column twice in an entry that is wrong elsewhere',
    tableWith('deletes: sof, bookkeeping: { time: x, seq: x }'),
    [
      'shardfold.yaml: tables.0.deletes: must be hard or soft, not "sof"; did you mean "soft"?',
      'shardfold.yaml: tables.0.bookkeeping.seq: "x" is the name of another bookkeeping column; use another name than x',
    ],
  ],
  [
    'a missing variable',
    `${head}${source}sinks: { main: { kind: postgres, url: "\${NOPE}" } }`,
    [`shardfold.yaml: sinks.main.url: the environment variable NOPE is not set; set it, or write \${NOPE:default}`],
  ],
  [
    'an unclosed variable',
    `${head}${source}sinks: { main: { kind: postgres, url: "\${NOPE" } }`,
    [`shardfold.yaml: sinks.main.url: has a "\${" that names no variable; write \${NAME}, \${NAME:default} or \${file:PATH}, or $\${ for the signs themselves`],
  ],
  ['no block of keys', '- a', ['shardfold.yaml: must be a block of keys; for example application: orders-to-postgres']],
])('%s', (_title, text, faults) => {
  expect(faultsOf(text)).toEqual(faults);
});

test.each([
  [head + sourceWith('mode: push') + sinks, 'source.mode'],
  [head + sourceWith('onGap: shrug') + sinks, 'source.onGap'],
  [`${head}source: { streams: [a, b, a], start: latest }\n${sinks}`, 'source.streams: names a stream twice'],
  [
    `${head}source: { streams: ["a b"], start: latest }\n${sinks}`,
    "source.streams.0: must be a stream's name or ARN (or a table's), or a pattern with * and ?",
  ],
])('%# a source that cannot be', (text, fault) => {
  expect(faultsOf(text)).toEqual([expect.stringContaining(`shardfold.yaml: ${fault}`)]);
});

test.each([
  ['streams: [a, b], start: latest'],
  ['kind: dynamodb-streams, streams: [orders, "arn:aws:dynamodb:eu-west-1:123456789012:table/customers"], start: latest, format: debezium'],
  ['streams: ["orders-*"], start: latest, mode: auto, onGap: continue'],
  ['streams: ["arn:aws:kinesis:eu-west-1:123456789012:stream/orders"], start: latest, mode: fan-out'],
])('%# a source that can be', (text) => {
  expect(faultsOf(`${head}source: { ${text} }\n${sinks}`)).toEqual([]);
});

const sinkOf = (text: string) => `${head}${source}sinks: { main: { ${text} } }\n`;

test.each([
  ['kind: postgres, url: "postgres://h/d"', 'a.b.{table}', 'is neither "table" nor "schema.table"; use another name, for example {table}'],
  ['kind: postgres, url: "postgres://h/d"', 'shardfold_floors', 'has the name of a table of this program; use another name, for example {table}'],
  ['kind: sqlite, url: "sqlite:x"', 'public.{table}', 'names the schema "public", and SQLite has none; use another name, for example {table}'],
  [
    'kind: mongodb, url: "mongodb://h/d"',
    '{table}__tombstones',
    'ends in __tombstones like a table that this program keeps beside another; use another name, for example {table}',
  ],
  ['kind: postgres, url: "postgres://h/d"', 'public.{table}', undefined],
])('%# a target that no table of its sink can be called', (sink, target, fault) => {
  const text = `${sinkOf(sink)}tables: [{ source: x, target: "${target}" }]`;
  expect(faultsOf(text)).toEqual(fault === undefined ? [] : [`shardfold.yaml: tables.0.target: ${fault}`]);
});

test.each([
  ['kind: postgres, url: "postgresql://u:p@h/d", poolMax: 8'],
  ['kind: cratedb, url: "http://crate@h:4200"'],
  ['kind: mysql, url: "mariadb://u:p@h/d"'],
  ['kind: postgres, url: "postgres://u:p@/d?host=/var/run/postgresql"'],
  ['kind: sqlite, url: "sqlite:./orders.db"'],
  ['kind: mongodb, url: "mongodb://u:p@h1:27017,h2:27017,[::1]:27018/d?replicaSet=r"'],
  ['kind: mongodb, url: "mongodb+srv://u:p@h/d"'],
])('%# a sink that can be', (text) => {
  expect(faultsOf(sinkOf(text))).toEqual([]);
});

test.each([
  [sinkOf('kind: mongodb, url: "postgres://h/d"'), 'sinks.main.url: must be an address of mongodb; for example mongodb://user:password@host:27017/database'],
  [sinkOf('kind: sqlite, url: orders.db'), 'sinks.main.url: must be an address of sqlite; for example sqlite:./orders.db'],
  [
    `${sinkOf('kind: mongodb, url: "mongodb://h/d"')}tables: [{ source: x, layout: columns }]`,
    'tables.0.layout: documents of sink "main" have no columns; use document',
  ],
  [tableWith('key: [cdc_time]'), 'tables.0.bookkeeping.time: "cdc_time" is a column of the row too; for example {"time":"shardfold_time"}'],
  [tableWith('columns: { rename: { a: _extra } }'), 'tables.0.bookkeeping.extra: "_extra" is a column of the row too; for example {"extra":"shardfold_extra"}'],
  [tableWith('columns: { rename: { a: x, b: x } }'), 'tables.0.columns.rename.b: "x" is the name of another column that is renamed; use a name of its own'],
  [tableWith('key: [id, no], columns: { rename: { a: id } }'), 'tables.0.columns.rename.a: "id" is the name of a column of the key; use a name of its own'],
  [
    tableWith('bookkeeping: { seq: cdc_time }'),
    'tables.0.bookkeeping.seq: "cdc_time" is the name of another bookkeeping column; use another name than cdc_time',
  ],
  [`${head}${source}${sinks}deadLetters: { kind: s3, prefix: x/ }`, 'deadLetters.bucket: required: deadLetters.kind is s3; say which'],
  [`${head}${source}${sinks}deadLetters: { path: x }`, 'deadLetters.path: is nothing that deadLetters.kind sink has; leave it out'],
])('%# a target that cannot be', (text, fault) => {
  expect(faultsOf(text)).toEqual([`shardfold.yaml: ${fault}`]);
});

test.each([
  [sinkOf('kind: mongodb, url: "mongodb://u:p@,h2/d"'), /sinks\.main\.url: must be an address of mongodb; MongoDB: the url cannot be read/],
  [sinkOf('kind: mongodb, url: "mongodb://u:a%zz@h/d"'), /mongodb; the url has a % in it that stands for nothing/],
  [sinkOf('kind: postgres, url: "postgres://u:a%zz@h/d"'), /postgres; the url has a %/],
  [sinkOf('kind: postgres, url: "postgres://h:port/d"'), /postgres; PostgreSQL: the url cannot be read/],
  [sinkOf('kind: cratedb, url: "crate://u@h/d"'), /cratedb; for example http/],
  [sinkOf('kind: cratedb, url: "http://u:a%zz@h/d"'), /cratedb; CrateDB: the url cannot be read/],
  [sinkOf('kind: mysql, url: "mysql://u:a%zz@h/d"'), /mysql; MySQL: the url has a bare %/],
  [sinkOf('kind: mysql, url: "mysql://u:p@h"'), /mysql; MySQL: the url names no database/],
  [sinkOf('kind: sqlite, url: "sqlite:/x?y=z"'), /sqlite; SQLite: the url has parameters/],
])('%# an address that its sink would refuse says why', (text, fault) => {
  expect(faultsOf(text)).toEqual([expect.stringMatching(fault)]);
});

test.each([
  ['drain: 25s, grace: 35s', []],
  ['drain: 50s', []],
  ['grace: 45s', []],
  ['grace: 10s, drain: 0s', []],
  [
    'grace: 34s',
    ['shutdown.grace: must be at least shutdown.drain (25s) and 10s, to give back leases and close connections, not 34s; use 35s, or 24s for shutdown.drain'],
  ],
  [
    'drain: 1500ms, grace: 10s',
    ['shutdown.grace: must be at least shutdown.drain (1500ms) and 10s, to give back leases and close connections, not 10s; use 12s, or 0s for shutdown.drain'],
  ],
  ['grace: 5s', ['shutdown.grace: must be from 10s to 1d, not "5s"; use 10s']],
  ['drain: 2h, grace: 20s', ['shutdown.drain: must be from 0s to 1h, not "2h"; use 1h']],
])('shutdown: %s', (text, faults) => {
  expect(faultsOf(`${head}${source}${sinks}shutdown: { ${text} }`)).toEqual(faults.map((fault) => `shardfold.yaml: ${fault}`));
});

test('a drain that does not fit the time of a deployment says which variable has it', () => {
  const more = { env: { SHARDFOLD_SHUTDOWN__GRACE: '45s' }, overrides: [{ path: 'shutdown.drain', value: '36s' }] };
  expect(faultsOf(head + source + sinks, more)).toEqual([expect.stringMatching(/^SHARDFOLD_SHUTDOWN__GRACE: shutdown\.grace: .*; use 46s, or 35s for/)]);
});

test('every lease duration that is taken keeps the inequalities of the protocol', () => {
  const [clockError, abortShare, stallShare] = [0.0001, 0.14, 0.15];
  const durations = fc.integer({ min: 500, max: 3_600_000 });
  fc.assert(
    fc.property(durations, (durationMs) => {
      expect(faultsOf(`${head}${source}${sinks}lease: { duration: ${durationMs}ms }`)).toEqual([]);
      const { fenceMs, renewIntervalMs, requestTimeoutMs } = leaseTimes(durationMs);
      expect(fenceMs * (1 + clockError) + abortShare * durationMs).toBeLessThanOrEqual(durationMs * (1 - clockError));
      // The sum is exact but for the last bit of a double.
      expect(renewIntervalMs + 2 * requestTimeoutMs + stallShare * durationMs).toBeLessThanOrEqual(fenceMs + 1e-6);
    }),
  );
});

test('a variable that is set to nothing is missing, and its default counts', () => {
  const text = `${head}${source}sinks: { main: { kind: postgres, url: "\${URL}" } }`;
  expect(faultsOf(text, { env: { URL: '' } })).toEqual([
    `shardfold.yaml: sinks.main.url: the environment variable URL is not set; set it, or write \${URL:default}`,
  ]);
  expect(faultsOf(text.replace('{URL}', '{URL:postgres://h/d}'), { env: { URL: '' } })).toEqual([]);
});

test('broken YAML is told with its line', () => {
  expect(faultsOf('application: orders\nsource: [\n  a: b')[0]).toMatch(/^shardfold\.yaml:\d+: is no valid YAML: /);
  expect(faultsOf('a: 1\nb: 2\na: 3\n')).toEqual(['shardfold.yaml:3: is no valid YAML: Map keys must be unique']);
});

test('a file that unfolds without end is refused', () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...[...'bcdefgh'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[index]}`).join(', ')}]`),
  ].join('\n');
  expect(faultsOf(bomb)[0]).toContain('is no valid YAML');
});

describe('faults from outside the file say where they were written', () => {
  test('an unknown variable or flag', () => {
    const more = {
      env: { SHARDFOLD_LEASE__DURATON: '1s' },
      overrides: [
        { path: 'soruce.format', value: 'auto' },
        { path: 'sinks.__proto__.url', value: 'x' },
      ],
    };
    expect(faultsOf(head + source + sinks, more)).toEqual([
      'SHARDFOLD_LEASE__DURATON: lease.duraton: unknown key; did you mean "duration"?',
      '--set: soruce: unknown key; did you mean "source"?',
      '--set: sinks.__proto__: unknown key',
    ]);
  });

  test('a wrong value', () => {
    const more = { env: { SHARDFOLD_LEASE__DURATION: '10' }, overrides: [{ path: 'http.port', value: 'http' }] };
    expect(faultsOf(head + source + sinks, more)).toEqual([
      'SHARDFOLD_LEASE__DURATION: lease.duration: must be a number with a unit of ms, s, m, h or d, not "10"; for example 10s',
      '--set: http.port: must be a number, not "http"; for example 9400',
    ]);
  });
});

test('no fault ever tells a secret, wherever it was written', () => {
  const places = fc.constantFrom<(secret: string) => Partial<LoadInput> & { text: string }>(
    (secret) => ({ text: `${head}${source}sinks: { main: { kind: postgres, url: "${secret}" } }` }),
    (secret) => ({ text: `${head}${source}sinks: { main: { kind: postgres, url: "http://u:${secret}@h/d" } }` }),
    (secret) => ({ text: `${head}${source}sinks: { main: { kind: postgre, uri: "postgres://u:${secret}@h/d" } }` }),
    (secret) => ({ text: `${head}${source}${sinks}http: { token: ["${secret}"] }` }),
    (secret) => ({ text: `${head}${source}sinks: { main: { kind: postgres, url: "\${URL}" } }`, env: { URL: secret } }),
    (secret) => ({ text: `${head}${source}${sinks}lease: { duration: "\${X}" }`, env: { X: secret } }),
    (secret) => ({ text: `application: "postgres://u:${secret}@h/d"\n${source}${sinks}` }),
    (secret) => ({ text: `${head}${source}${sinks}`, overrides: [{ path: 'sinks.main.url', value: `x://u:${secret}@h` }] }),
    (secret) => ({ text: `${head}${source}${sinks}`, env: { SHARDFOLD_SINKS__MAIN__URL: secret } }),
  );
  fc.assert(
    fc.property(places, fc.stringMatching(/^s3cret[A-Za-z0-9@:/.]{4,12}$/), (place, secret) => {
      const faults = faultsOf(place(secret).text, place(secret));
      expect(faults.length).toBeGreaterThan(0);
      expect(faults.join('\n')).not.toContain('s3cret');
    }),
  );
});
