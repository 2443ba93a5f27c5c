// What the configuration becomes, layer by layer. `faults.test.ts` has what is wrong with it.
import { defaultBookkeeping } from '@shardfold/sinks';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Config } from '../../../src/config/config.ts';
import { type FileRead, filesNamed } from '../../../src/config/interpolate.ts';
import { type LoadInput, loadConfig } from '../../../src/config/load.ts';

const least = 'application: orders\nsource: { streams: [orders-cdc], start: latest }\nsinks: { main: { kind: postgres, url: "postgres://u:p@h/d" } }\n';

function load(input: Partial<LoadInput>): Config {
  const loaded = loadConfig({ text: least, file: 'shardfold.yaml', env: {}, ...input });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

test('the least configuration has the defaults that the reference names', () => {
  expect(load({})).toEqual({
    application: 'orders',
    kinesis: {},
    dynamodb: {},
    source: {
      streams: ['orders-cdc'],
      start: { kind: 'latest' },
      kind: 'kinesis',
      mode: 'polling',
      format: 'auto',
      pollIntervalMs: 1_000,
      limits: 'aws',
      bufferBytes: 67_108_864,
      onGap: 'stop',
    },
    lease: { table: 'orders', durationMs: 10_000, maxPerWorker: 1_000, joinDelayMs: 0 },
    checkpoint: { intervalMs: 5_000, records: 5_000 },
    sinks: { main: { kind: 'postgres', url: 'postgres://u:p@h/d' } },
    tables: [
      {
        source: '*',
        sink: 'main',
        target: '{table}',
        layout: 'document',
        keyless: 'append',
        deletes: 'hard',
        truncate: 'apply',
        createTables: true,
        tombstoneRetentionMs: 691_200_000,
        where: {},
        columns: { drop: [], rename: {} },
        bookkeeping: defaultBookkeeping,
      },
    ],
    deadLetters: { kind: 'sink' },
    http: { host: '0.0.0.0', port: 9_400 },
    shutdown: { drainMs: 25_000 },
    log: { level: 'info' },
  });
});

test('everything that the reference shows is understood', () => {
  const text = `
version: 1
application: orders-to-postgres
aws: { region: eu-west-1, endpoint: "http://127.0.0.1:4566" }
source: { kind: kinesis, streams: [orders-cdc], start: 2026-11-01T00:00:00Z, mode: polling, format: dynamodb, pollInterval: 250ms, limits: none, bufferBytes: 4MiB, onGap: stop, endpoint: "http://127.0.0.1:4567" }
lease: { table: leases, duration: 20s, maxPerWorker: 4, joinDelay: 30s, endpoint: "http://127.0.0.1:8000" }
checkpoint: { interval: 2s, records: 10 }
sinks: { main: { kind: postgres, url: "\${DATABASE_URL}" } }
tables:
  - { source: orders, sink: main, target: public.orders, layout: document, key: [id], keyless: dead-letter, deletes: hard, truncate: ignore, createTables: false, tombstones: { retention: 1h }, where: { eventSource: "aws:dynamodb", shop: 7 }, columns: { drop: [ssn], rename: { ts: created_at } } }
deadLetters: { kind: stop }
http: { host: 127.0.0.1, port: 0, token: "\${TOKEN:none}" }
shutdown: { drain: 5s }
log: { level: debug, format: pretty }
`;
  const config = load({ text, env: { DATABASE_URL: 'postgres://h/d' } });
  expect(config).toMatchObject({
    kinesis: { region: 'eu-west-1', endpoint: 'http://127.0.0.1:4567' },
    dynamodb: { region: 'eu-west-1', endpoint: 'http://127.0.0.1:8000' },
    source: {
      start: { kind: 'timestamp', atMs: Date.UTC(2026, 10, 1) },
      pollIntervalMs: 250,
      bufferBytes: 4_194_304,
      format: 'dynamodb',
      limits: 'none',
      onGap: 'stop',
    },
    lease: { table: 'leases', durationMs: 20_000, maxPerWorker: 4, joinDelayMs: 30_000 },
    sinks: { main: { url: 'postgres://h/d' } },
    tables: [
      {
        target: 'public.orders',
        key: ['id'],
        keyless: 'dead-letter',
        truncate: 'ignore',
        createTables: false,
        tombstoneRetentionMs: 3_600_000,
        where: { eventSource: 'aws:dynamodb', shop: '7' },
      },
    ],
    deadLetters: { kind: 'stop' },
    http: { host: '127.0.0.1', port: 0, token: 'none' },
    log: { level: 'debug', format: 'pretty' },
  });
});

describe('layers', () => {
  test('flags win over the environment, the environment over the file', () => {
    const text = `${least}lease: { duration: 11s }\ncheckpoint: { interval: 11s }\nshutdown: { drain: 11s }\n`;
    const env = { SHARDFOLD_LEASE__DURATION: '12s', SHARDFOLD_CHECKPOINT__INTERVAL: '12s' };
    const config = load({ text, env, overrides: [{ path: 'lease.duration', value: '13s' }] });
    expect([config.lease.durationMs, config.checkpoint.intervalMs, config.shutdown.drainMs]).toEqual([13_000, 12_000, 11_000]);
  });

  test('texts from outside become what the schema wants there, and stay texts where it wants texts', () => {
    const text = `${least}http: { port: "\${PORT:9401}", token: "\${TOKEN}" }\n`;
    const env = { TOKEN: '12345', SHARDFOLD_LEASE__MAX_PER_WORKER: '3', SHARDFOLD_SINKS__MAIN__URL: 'postgres://other/d', SHARDFOLD_TABLES__0__SOURCE: 'o*' };
    const config = load({
      text,
      env,
      overrides: [
        { path: 'source.streams', value: '[other]' },
        { path: 'tables.0.createTables', value: 'false' },
      ],
    });
    expect(config).toMatchObject({
      http: { port: 9_401, token: '12345' },
      lease: { maxPerWorker: 3 },
      sinks: { main: { url: 'postgres://other/d' } },
      source: { streams: ['other'] },
      tables: [{ source: 'o*', createTables: false }],
    });
  });

  test('what Kubernetes sets for a service named shardfold is not ours', () => {
    expect(
      load({
        env: {
          SHARDFOLD_PORT: 'tcp://10.0.0.1:9400',
          SHARDFOLD_SERVICE_HOST: '10.0.0.1',
          SHARDFOLD_PORT_9400_TCP_ADDR: '10.0.0.1',
          SHARDFOLD_VERSION: '1.2.3',
        },
      }).http.port,
    ).toBe(9_400);
  });

  test('a file gives its text but for the last line end', () => {
    const text = `${least}http: { token: "a\${file:/run/secrets/token}z", port: "\${file:port}" }\n`;
    const files = new Map([
      ['/run/secrets/token', { text: 'two\nlines\r\n' }],
      ['port', { text: '9401\n' }],
    ]);
    expect(load({ text, files }).http).toMatchObject({ token: 'atwo\nlinesz', port: 9401 });
  });

  test.each([
    ['/none', 'wants the file /none, and there is no such file'],
    ['/empty', 'wants the file /empty, and it is empty'],
    ['/other', 'wants the file /other, and it was not read'],
    ['', 'wants the file "", and it was not read'],
  ])('the file "%s" that cannot be had is a fault', (file, rule) => {
    const text = `${least}http: { token: "\${file:${file}}" }\n`;
    const files = new Map<string, FileRead>([
      ['/none', { cause: 'there is no such file' }],
      ['/empty', { text: '' }],
    ]);
    expect(loadConfig({ text, file: 'f.yaml', env: { file: 'variable' }, files })).toMatchObject({ ok: false, faults: [{ path: 'http.token', rule }] });
  });

  test('the files it names are known before it is loaded', () => {
    const text = `a: \${file:/a}\nb: "\${file:b c}\${X:file:/no}"\nc: $\${file:/no}\nd: \${file:/a}\${file:}`;
    expect(filesNamed(text)).toEqual(['/a', 'b c']);
  });

  test(`$\${ is \${ itself, and an override makes a missing variable needless`, () => {
    const text = `${least}http: { token: "$\${x}", host: "\${HOST}" }\n`;
    expect(load({ text, overrides: [{ path: 'http.host', value: '::1' }] }).http).toMatchObject({ token: `\${x}`, host: '::1' });
  });

  test('the origin of a value is known', () => {
    const loaded = loadConfig({ text: least, file: 'f.yaml', env: { SHARDFOLD_LEASE__DURATION: '12s' }, overrides: [{ path: 'http.port', value: '1' }] });
    if (!loaded.ok) throw new Error('faults');
    expect([['application'], ['lease', 'duration'], ['http', 'port'], ['log', 'level']].map(loaded.origin)).toEqual([
      'f.yaml',
      'SHARDFOLD_LEASE__DURATION',
      '--set',
      'default',
    ]);
  });
});

test('the effective configuration, loaded again, is itself', () => {
  const seconds = fc.integer({ min: 1, max: 3_600 }).map((value) => `${value}s`);
  const change = fc.record({
    lease: fc.record({ duration: seconds, maxPerWorker: fc.integer({ min: 1, max: 9 }) }),
    source: fc.constantFrom('trim-horizon', 'latest', '2026-11-01T00:00:00+01:00'),
    tables: fc.array(fc.record({ createTables: fc.boolean(), truncate: fc.constantFrom('apply', 'ignore') }), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(change, ({ lease, source, tables }) => {
      const file = {
        application: 'orders',
        source: { streams: ['s'], start: source },
        sinks: { main: { kind: 'postgres', url: 'postgres://h/d' } },
        lease,
        tables: tables.map((table, index) => ({ source: `t${index}`, ...table })),
      };
      const once = loadConfig({ text: stringify(file), file: 'f', env: {} });
      if (!once.ok) throw new Error(JSON.stringify(once.faults));
      const twice = loadConfig({ text: stringify(once.document), file: 'f', env: {} });
      expect(twice).toMatchObject({ ok: true, config: once.config, document: once.document });
    }),
  );
});
