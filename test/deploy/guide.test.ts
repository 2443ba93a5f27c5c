// docs/guide/kubernetes.md: its table follows from its formula and the measured cost of a record, its objects are valid by the schemas, and
// the metrics that it and the scalers ask for exist.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { unknownNames } from './support/known-names.ts';
import { at, type KubernetesObject, objectsOf, schemaFaults } from './support/objects.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const guide = read('docs/guide/kubernetes.md');

function numberIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`nothing says ${pattern}`);
  return Number(found);
}

describe('how many workers', () => {
  const measured = numberIn(read('bench/README.md'), /worker CPU\s*\|\s*(\d+) µs a record/);
  const request = numberIn(read('deploy/k8s/base/deployment.yaml'), /cpu: (\d+)m/) / 1_000;
  const section = guide.slice(guide.indexOf('## How many workers'), guide.indexOf('## Scaling by itself'));
  const rows = [...section.matchAll(/^\| (\d+) +\| (\d+) +\| ([\d.]+) +\| (\d+) +\|$/gm)].map((row) => row.slice(1).map(Number));

  test('the cost of a record is the measured one', () => {
    const named = [...section.matchAll(/(\d+) µs/g)].map(([, number]) => Number(number));
    expect(named.length).toBeGreaterThan(1);
    expect(new Set(named)).toEqual(new Set([measured]));
  });

  test('the table follows from it', () => {
    expect(rows.length).toBe(5);
    const computed = rows.map(([shards = 0, rate = 0]) => {
      const cores = (shards * rate * measured) / 1e6;
      return [shards, rate, Number(cores.toFixed(2)), Math.max(2, Math.ceil((cores * 2) / request))];
    });
    expect(rows).toEqual(computed);
  });

  test('the shards of a worker leave it room to catch up', () => {
    const shardCount = numberIn(read('deploy/k8s/overlays/keda/scaled-object.yaml'), /shardCount: "(\d+)"/);
    const cores = (shardCount * 1_000 * measured) / 1e6;
    expect(cores * 2).toBeLessThan(request);
    expect(guide).toContain(`with full shards ${cores.toFixed(2)} of its half core`);
  });
});

describe('from nothing to a running fleet', () => {
  const section = guide.slice(guide.indexOf('## From nothing'), guide.indexOf('## Numbers that must agree'));
  const secrets = [...section.matchAll(/create secret generic (\S+) --namespace (\S+) --from-literal=(\w+)=/g)].map((found) => found.slice(1));

  test('its commands name files that are there', () => {
    const paths = [...section.matchAll(/\bdeploy\/[\w./-]*\w/g)].map(([path]) => path);
    expect(paths.length).toBeGreaterThan(8);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('the Secrets that they make are those that the pods ask for', () => {
    expect(secrets).toEqual([
      ['orders-database', 'orders', 'url'],
      ['shardfold-database', 'shardfold', 'url'],
    ]);
    expect(read('deploy/helm/shardfold/README.md')).toContain('secretKeyRef: { name: orders-database, key: url }');
    const [pod] = objectsOf(read('deploy/k8s/base/deployment.yaml'));
    expect(at(pod, 'spec.template.spec.containers.0.env.1.valueFrom.secretKeyRef')).toEqual({ name: 'shardfold-database', key: 'url' });
    expect(read('deploy/k8s/overlays/production/kustomization.yaml')).toContain('\nnamespace: shardfold\n');
  });

  test('what the policies let through is what the table says', () => {
    const policy = read('deploy/k8s/base/network-policy.yaml');
    const network = guide.slice(guide.indexOf('## What the network must let through'));
    for (const [, cidr = ''] of policy.matchAll(/cidr: (\S+)\/\d+/g)) expect(network).toContain(cidr);
    for (const [, port = ''] of policy.matchAll(/port: (\d+)/g)) expect(network).toMatch(new RegExp(`\\b${port}\\b`));
  });
});

describe('its objects', () => {
  const blocks = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap(([, text = '']) => objectsOf(text));
  const scaler = blocks.find(({ kind }) => kind === 'HorizontalPodAutoscaler') as KubernetesObject;

  test('are valid by the schemas, with no field that they do not know', async () => {
    expect(await schemaFaults(scaler)).toEqual([]);
    expect(await unknownNames([scaler])).toEqual([]);
  });

  test('go down and up as KEDA does', () => {
    const [keda] = objectsOf(read('deploy/k8s/overlays/keda/scaled-object.yaml'));
    expect(at(scaler, 'spec.behavior')).toEqual(at(keda, 'spec.advanced.horizontalPodAutoscalerConfig.behavior'));
    expect(at(scaler, 'spec.metrics.0.external.target.value')).toBe(at(keda, 'spec.triggers.1.metadata.threshold'));
    // Of this fleet, not of all in the namespace.
    expect(at(scaler, 'spec.metrics.0.external.metric.selector.matchLabels')).toEqual({ app: 'shardfold' });
  });
});

test.each(['docs/guide/kubernetes.md', 'deploy/k8s/overlays/keda/scaled-object.yaml', 'deploy/helm/shardfold/templates/keda.yaml'])(
  '%s names metrics that exist',
  (path) => {
    // Where each is named without the prefix that all have.
    const known = read('packages/worker/src/observe/series.ts');
    const named = new Set([...read(path).matchAll(/\bshardfold_[a-z_]+/g)].map(([name]) => name));
    // What the adapter of the guide makes of one of them.
    named.delete('shardfold_lag_seconds');
    expect(named.size).toBeGreaterThan(0);
    expect([...named].filter((name) => !known.includes(`'${name.slice('shardfold_'.length)}'`))).toEqual([]);
  },
);
