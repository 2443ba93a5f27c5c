// deploy/k8s: what kustomize makes of the base and of each overlay is valid by the schemas of Kubernetes, KEDA and the Prometheus
// operator, has no field that they do not know, and keeps its promises. Skipped by name where kustomize is not to be had.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { unknownNames } from './support/known-names.ts';
import { at, type KubernetesObject, one, schemaFaults } from './support/objects.ts';
import { brokenPromises, container, environment } from './support/promises.ts';
import { kustomizations, kustomized } from './support/rendered.ts';
import { findTool, installTimeoutMs } from './support/tool.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let missing = '';
const made = new Map<string, readonly KubernetesObject[]>();

beforeAll(async () => {
  const tool = await findTool('kustomize');
  if ('skipped' in tool) missing = tool.skipped;
  else for (const place of kustomizations) made.set(place, await kustomized(tool.command, place));
}, installTimeoutMs);

function of(place: string, context: { skip(reason: string): never }): readonly KubernetesObject[] {
  return made.get(place) ?? context.skip(missing);
}

describe.each(kustomizations)('%s', (place) => {
  test('is valid by the schemas', async (context) => {
    const faults = await Promise.all(of(place, context).map(schemaFaults));
    expect(faults.flat()).toEqual([]);
  });

  test('keeps its promises', (context) => {
    expect(brokenPromises(of(place, context))).toEqual([]);
  });
});

test('no object has a field that its schema does not know', async (context) => {
  expect(await unknownNames(kustomizations.flatMap((place) => of(place, context)))).toEqual([]);
});

test('a misspelt field is found', async (context) => {
  const deployment = one(of('base', context), 'Deployment');
  const spec = { ...(deployment.spec as object), minReadySecond: 1 };
  expect((await unknownNames([{ ...deployment, spec }])).join('\n')).toContain('minReadySecond');
});

describe('the base', () => {
  test('names no account, region or namespace', (context) => {
    const text = JSON.stringify(of('base', context));
    expect(text).not.toMatch(/arn:aws|eu-west|us-east|"namespace":/);
  });

  test('has nothing that a cluster has to be taught first', (context) => {
    const groups = new Set(of('base', context).map(({ apiVersion }) => apiVersion));
    expect([...groups].sort()).toEqual(['apps/v1', 'networking.k8s.io/v1', 'policy/v1', 'v1']);
  });

  test('lets names through from pods, and from a cache on the node', (context) => {
    expect(at(one(of('base', context), 'NetworkPolicy'), 'spec.egress.0')).toEqual({
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }, { ipBlock: { cidr: '169.254.20.10/32' } }],
      ports: [
        { port: 53, protocol: 'UDP' },
        { port: 53, protocol: 'TCP' },
      ],
    });
  });

  test('lets the agent of EKS pod identity through on clusters of both kinds of addresses', (context) => {
    expect(at(one(of('base', context), 'NetworkPolicy'), 'spec.egress.2.to')).toEqual([
      { ipBlock: { cidr: '169.254.170.23/32' } },
      { ipBlock: { cidr: 'fd00:ec2::23/128' } },
    ]);
  });

  test('is a roll-out when its configuration changes', (context) => {
    const objects = of('base', context);
    const config = one(objects, 'ConfigMap').metadata.name;
    expect(config).toMatch(/^shardfold-[a-z0-9]{10}$/);
    expect(at(one(objects, 'Deployment'), 'spec.template.spec.volumes.0.configMap.name')).toBe(config);
  });

  test('runs the image of this version', (context) => {
    const { version } = JSON.parse(readFileSync(`${root}packages/worker/package.json`, 'utf8')) as { readonly version: string };
    expect(container(of('base', context)).image).toBe(`ghcr.io/shardfold/shardfold:${version}`);
  });

  test('has the database by reference to a Secret that it does not hold', (context) => {
    const objects = of('base', context);
    expect(at(container(objects), 'env.1')).toEqual({ name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'shardfold-database', key: 'url' } } });
    expect(objects.some(({ kind }) => kind === 'Secret')).toBe(false);
  });
});

describe('the overlay production', () => {
  test('gives its series the labels that alerts and dashboards go by', (context) => {
    const monitor = one(of('overlays/production', context), 'PodMonitor');
    expect(monitor.metadata).toMatchObject({ namespace: 'shardfold', labels: { 'app.kubernetes.io/instance': 'shardfold' } });
    expect(at(monitor, 'spec.podMetricsEndpoints.0.relabelings')).toContainEqual({
      sourceLabels: ['__meta_kubernetes_pod_label_app_kubernetes_io_instance'],
      targetLabel: 'app',
    });
  });
});

describe('the overlay keda', () => {
  test('leaves the number of workers to KEDA, never to none, never beyond the shards', (context) => {
    const objects = of('overlays/keda', context);
    const { minReplicaCount, maxReplicaCount, idleReplicaCount } = one(objects, 'ScaledObject').spec as Readonly<Record<string, unknown>>;
    expect(at(one(objects, 'Deployment'), 'spec')).not.toHaveProperty('replicas');
    expect(minReplicaCount).toBeGreaterThan(1);
    expect(maxReplicaCount).toBeGreaterThanOrEqual(Number(minReplicaCount));
    expect(idleReplicaCount).toBeUndefined();
  });

  test('counts the shards of the stream that is read, where it is', (context) => {
    const objects = of('overlays/keda', context);
    expect(at(one(objects, 'ScaledObject'), 'spec.triggers.0.metadata')).toMatchObject({ streamName: 'orders-cdc', awsRegion: 'eu-west-1' });
    expect(at(one(objects, 'ScaledObject'), 'spec.triggers.1.metadata.query')).toContain('{namespace="shardfold",app="shardfold"}');
    expect(at(one(objects, 'ConfigMap'), 'data')).toMatchObject({ 'shardfold.yaml': expect.stringMatching(/region: eu-west-1[\s\S]*streams: \[orders-cdc\]/) });
  });
});

describe('the overlay local', () => {
  test('has a database whose password is the one in the address', (context) => {
    const objects = of('overlays/local', context);
    const data = at(one(objects, 'Secret', 'shardfold-database'), 'data') as Readonly<Record<string, string>>;
    const text = (name: string) => Buffer.from(data[name] ?? '', 'base64').toString();
    expect(new URL(text('url')).password).toBe(text('password'));
    expect(new URL(text('url')).hostname).toBe(one(objects, 'Service', 'postgres').metadata.name);
  });

  test('goes to LocalStack for everything, with credentials that it takes', (context) => {
    const objects = of('overlays/local', context);
    expect(environment(objects)).toMatchObject({ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
    expect(at(one(objects, 'ConfigMap'), 'data')).toMatchObject({ 'shardfold.yaml': expect.stringContaining('endpoint: http://localstack:4566') });
    expect(at(one(objects, 'Service', 'localstack'), 'spec.ports.0.port')).toBe(4566);
  });
});
