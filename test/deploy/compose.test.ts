// deploy/compose: what Docker would be told fits together, and the worker takes its configuration. Nothing is started here; CI for
// users does that.
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { autoCodec, rawRecord } from '@shardfold/changes';
import { loadConfig } from 'shardfold';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { run } from './support/tool.ts';

interface Service {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: unknown;
  readonly stop_grace_period?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly [field: string]: unknown;
}

const folder = fileURLToPath(new URL('../../deploy/compose/', import.meta.url));
const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const { services } = parse(read('compose.yaml'), { merge: true }) as { readonly services: Readonly<Record<string, Service>> };
const workers = Object.entries(services).filter(([name]) => name.startsWith('worker-'));

function mounts(): readonly string[] {
  return Object.values(services).flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0] ?? ''));
}

test('two workers, told apart by nothing but their port', () => {
  const [first, second] = workers.map(([, { build: _, ports: __, pull_policy: ___, ...rest }]) => rest);
  expect(workers.length).toBe(2);
  expect(first).toEqual(second);
  const { context, dockerfile } = workers[0]?.[1].build ?? { context: '', dockerfile: '' };
  expect(existsSync(join(folder, context, dockerfile))).toBe(true);
  // What nobody builds must not be looked for at a registry.
  expect(workers.map(([, service]) => service.build !== undefined || service.pull_policy === 'never')).toEqual([true, true]);
});

test('a worker is well when its /readyz is 200, and `up --wait` waits for that', async () => {
  for (const [, { healthcheck }] of workers) {
    const [how, node, ...args] = (healthcheck as { readonly test: readonly string[] }).test;
    expect([how, node]).toEqual(['CMD', '/usr/local/bin/node']);
    for (const [status, code] of [
      [200, 0],
      [503, 1],
    ] as const) {
      const asked: (string | undefined)[] = [];
      const server = createServer((request, response) => {
        asked.push(request.url);
        response.writeHead(status, { connection: 'close' }).end();
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const ran = await run([process.execPath, ...args.map((word) => word.replace('localhost:9400', `127.0.0.1:${port}`))]);
      server.close();
      await once(server, 'close');
      expect([ran.code, ...asked]).toEqual([code, '/readyz']);
    }
  }
});

test('the worker takes its configuration, and a stop has time for its drain', () => {
  for (const [, { environment = {}, stop_grace_period: grace }] of workers) {
    const loaded = loadConfig({ text: read('shardfold.yaml'), file: 'shardfold.yaml', env: environment });
    expect(loaded.ok ? [] : loaded.faults).toEqual([]);
    expect(environment.SHARDFOLD_SHUTDOWN__GRACE).toBe(grace);
    if (loaded.ok) expect(Number.parseInt(grace ?? '0', 10) * 1_000).toBeGreaterThanOrEqual(loaded.config.shutdown.drainMs + 10_000);
  }
});

test('the addresses of the configuration are services', () => {
  for (const [, { environment = {} }] of workers) {
    const loaded = loadConfig({ text: read('shardfold.yaml'), file: 'shardfold.yaml', env: environment });
    const urls = loaded.ok ? [loaded.config.kinesis.endpoint, ...Object.values(loaded.config.sinks).map(({ url }) => url)] : [];
    expect(urls.map((url) => new URL(String(url)).hostname)).toEqual(['localstack', 'postgres', 'cratedb']);
  }
});

test('what a service waits for is there, and says when it is well', () => {
  for (const { depends_on: needs = [] } of Object.values(services)) {
    const plain: readonly string[] = Array.isArray(needs) ? needs : Object.keys(needs);
    const healthy = Object.entries(needs).flatMap(([name, how]) => (typeof how === 'object' && how.condition === 'service_healthy' ? [name] : []));
    expect(plain.filter((name) => services[name] === undefined)).toEqual([]);
    expect(healthy.filter((name) => services[name]?.healthcheck === undefined)).toEqual([]);
  }
});

test('images have a version', () => {
  const foreign = Object.values(services).filter(({ image }) => image !== 'shardfold-compose');
  expect(foreign.length).toBe(5);
  for (const { image } of foreign) expect(image).toMatch(/^docker\.io\/[\w./-]+:v?\d+\.\d+/);
});

test('what is mounted is there, dashboards and rules too', () => {
  expect(mounts()).toEqual(expect.arrayContaining(['../grafana/dashboards', '../prometheus/rules.yaml']));
  expect(mounts().filter((path) => !existsSync(join(folder, path)))).toEqual([]);
});

test('Prometheus reads every worker', () => {
  const { scrape_configs: jobs } = parse(read('prometheus.yaml')) as {
    readonly scrape_configs: readonly {
      readonly static_configs: readonly { readonly targets: readonly string[]; readonly labels: Readonly<Record<string, string>> }[];
    }[];
  };
  // Alerts and dashboards tell fleets apart by these.
  expect(jobs.every((job) => job.static_configs.every(({ labels }) => labels.namespace !== undefined && labels.app !== undefined))).toBe(true);
  expect(jobs.flatMap((job) => job.static_configs.flatMap(({ targets }) => targets))).toEqual(workers.map(([name]) => `${name}:9400`));
});

test('the AWS CLI in the image of LocalStack takes the command of the comment: it is version 1', () => {
  expect(read('compose.yaml')).toMatch(/awslocal kinesis put-record [^\n]*\\\n# +--data "\$\(cat deploy\/compose\/change\.jsonl\)"\n/);
});

test('the change that its comment puts in is one', () => {
  const bytes = new TextEncoder().encode(read('change.jsonl').trim());
  const decoded = autoCodec({ onChosen: () => undefined }).decode(rawRecord({ bytes, sequence: '1', subSequence: 0, arrivalMs: 0, partitionKey: '1' }));
  expect(decoded).toMatchObject({ kind: 'changes', events: [{ kind: 'insert', source: { table: 'orders' } }] });
});
