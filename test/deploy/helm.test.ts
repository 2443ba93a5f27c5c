// deploy/helm: the chart passes Helm's lint, what it renders is valid by the schemas and equals what kustomize makes, and values that
// are wrong are refused with words that help. Skipped by name where Helm (or kustomize, to compare) is not to be had.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { helmFiles } from '../../scripts/reference/helm.ts';
import { unknownNames } from './support/known-names.ts';
import { at, type KubernetesObject, one, plainName, schemaFaults } from './support/objects.ts';
import { brokenPromises, configuration } from './support/promises.ts';
import { chart, helmObjects, helmTemplate, kustomized } from './support/rendered.ts';
import { findTool, installTimeoutMs, run, type Tool } from './support/tool.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Values of the chart's ci folder, the kustomization that means the same, and its namespace. */
const twins = [
  ['orders-values.yaml', 'base', 'default'],
  ['keda-values.yaml', 'overlays/keda', 'shardfold'],
] as const;
type Skip = { skip(reason: string): never };
let helm: Tool;
let kustomize: Tool;

beforeAll(async () => {
  [helm, kustomize] = await Promise.all([findTool('helm'), findTool('kustomize')]);
}, installTimeoutMs);

function command(tool: Tool, context: Skip): readonly string[] {
  return 'skipped' in tool ? context.skip(tool.skipped) : tool.command;
}

describe.each(twins)('with %s', (values, place, namespace) => {
  test('passes the lint', async (context) => {
    const { code, stdout } = await run([...command(helm, context), 'lint', '--strict', chart, '--values', join(chart, 'ci', values)]);
    expect(stdout).toContain('0 chart(s) failed');
    expect(code).toBe(0);
  });

  test('is valid by the schemas, with no field that they do not know', async (context) => {
    const objects = await helmObjects(command(helm, context), values);
    expect((await Promise.all(objects.map(schemaFaults))).flat()).toEqual([]);
    expect(await unknownNames(objects)).toEqual([]);
  });

  test('keeps the promises', async (context) => {
    expect(brokenPromises(await helmObjects(command(helm, context), values))).toEqual([]);
  });

  test(`means the same as the kustomization ${place}`, async (context) => {
    const rendered = await helmObjects(command(helm, context), values, ['--namespace', namespace]);
    const made = await kustomized(command(kustomize, context), place);
    expect(comparable(rendered)).toEqual(comparable(made));
  });
});

/** Objects by kind and name, less what only one of the two ways can have. The number of workers and `minReadySeconds` stay in. */
function comparable(objects: readonly KubernetesObject[]): Readonly<Record<string, unknown>> {
  const kept = objects.filter(({ kind, metadata }) => kind !== 'Namespace' && metadata.annotations?.['helm.sh/hook'] === undefined);
  return Object.fromEntries(
    kept.map(({ apiVersion, kind, metadata, ...rest }) => {
      const labels = Object.entries(metadata.labels ?? {}).filter(([name]) => !/^(helm\.sh\/|app\.kubernetes\.io\/(version|managed-by))/.test(name));
      const body = kind === 'ConfigMap' ? { config: parse(configuration(objects)) } : JSON.parse(JSON.stringify(rest, withoutMarks));
      return [
        `${kind} ${plainName({ kind, metadata })}`,
        { apiVersion, labels: Object.fromEntries(labels.sort()), annotations: metadata.annotations, ...body },
      ];
    }),
  );
}

/** A changed configuration is a roll-out: kustomize by the name of the ConfigMap, Helm by an annotation. KEDA's texts may be quoted. */
function withoutMarks(name: string, value: unknown): unknown {
  if (name === 'metadata') return { labels: at(value, 'labels') };
  return name === 'configMap' ? { name: String(at(value, 'name')).replace(/-[a-z0-9]{10}$/, '') } : value;
}

describe('values that are wrong', () => {
  const cases: readonly (readonly [set: string, says: readonly (string | RegExp)[]])[] = [
    ['replicas=-1', ["'/replicas'", 'minimum: got -1']],
    ['keda.minReplicas=0', ["'/keda/minReplicas'", 'minimum: got 0']],
    ['keda.shards=0', ["'/keda/shards'", 'minimum: got 0']],
    ['replica=3', ["'replica' not allowed"]],
    ['config.source.strat=latest', ["'/config/source'", "'strat' not allowed"]],
    ['config.lease.duration=10', ["'/config/lease/duration'", 'want string']],
    ['resources.limits=null', ["'/resources'", "'limits'"]],
    ['config.shutdown.drain=50s', ['terminationGracePeriodSeconds is 45', 'drain is 50s', 'Set terminationGracePeriodSeconds to 60 or more']],
    ['config.shutdown.drain=1.5m', ['drain is 1.5m', 'to 100 or more']],
    ['terminationGracePeriodSeconds=34', ['terminationGracePeriodSeconds is 34', 'to 35 or more']],
    ['image.tag=latest', ['image.tag is latest', 'Name a version']],
    ['env=null', [`config names \${DATABASE_URL}`, 'Add it to env']],
    ['keda.enabled=true', ['keda.region', 'Set one of them']],
    ['keda.enabled=true,config.aws.region=eu-west-1,keda.shards=4,keda.minReplicas=5', ['keda.minReplicas is 5', 'Set keda.minReplicas to 4 or less']],
  ];

  test.for(cases)('%s', async ([set, says], context) => {
    const { code, stdout, stderr } = await helmTemplate(command(helm, context), 'orders-values.yaml', ['--set', set]);
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    for (const words of says) expect(stderr).toMatch(typeof words === 'string' ? new RegExp(words.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')) : words);
  });

  test('the drain that the program takes where none is named', async (context) => {
    const { stderr } = await helmTemplate(command(helm, context), 'keda-values.yaml', ['--set', 'terminationGracePeriodSeconds=34']);
    expect(stderr).toContain('drain is 25s');
  });

  test('a chart without a configuration is told what it needs', async (context) => {
    const { code, stderr } = await run([...command(helm, context), 'template', 'shardfold', chart]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/'\/config'.*'application', 'source', 'sinks'/);
  });
});

describe('values at the edge', () => {
  const fine = [
    'terminationGracePeriodSeconds=35',
    'config.shutdown.drain=35s',
    'config.shutdown.drain=500ms,terminationGracePeriodSeconds=11',
    'replicas=0',
    'config.sinks.main.url=postgres://$${literal}@db:5432/app',
  ];

  test.for(fine)('%s', async (set, context) => {
    const { code, stderr } = await helmTemplate(command(helm, context), 'orders-values.yaml', ['--set', set]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('the chart', () => {
  test.each([...helmFiles()])('%s is what `node scripts/reference/helm.ts` writes', (path, text) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });

  test('installs the image of this version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'packages/worker/package.json'), 'utf8')) as { readonly version: string };
    expect(parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8'))).toMatchObject({ appVersion: version });
  });

  test('has a test that asks the Service it installs', async (context) => {
    const objects = await helmObjects(command(helm, context), 'orders-values.yaml');
    const pod = one(objects, 'Pod', 'shardfold-test');
    expect(pod.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'test' });
    const service = one(objects, 'Service');
    expect(at(pod, 'spec.containers.0.args.0')).toBe(`http://${service.metadata.name}:${String(at(service, 'spec.ports.0.port'))}`);
    // The Service and the disruption budget must not take it for a worker.
    expect(at(service, 'spec.selector')).not.toMatchObject({ 'app.kubernetes.io/name': pod.metadata.labels?.['app.kubernetes.io/name'] });
    expect(at(one(objects, 'NetworkPolicy'), 'spec.ingress.0.from.1.podSelector.matchLabels')).toEqual({
      'app.kubernetes.io/instance': pod.metadata.labels?.['app.kubernetes.io/instance'],
    });
  });
});
