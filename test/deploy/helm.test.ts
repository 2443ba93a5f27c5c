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
import { brokenPromises, configuration, selectorFaults } from './support/promises.ts';
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
    ['config.http.port=0', ["'/config/http/port'", 'minimum: got 0']],
    ['config.http.host=127.0.0.1', ['config.http.host is 127.0.0.1', 'Leave config.http.host out']],
    ['config.http.host=localhost', ['config.http.host is localhost']],
    ['config.http.host=::1', ['config.http.host is ::1']],
    ['podMonitor.tokenSecret.name=x', ["'/podMonitor/tokenSecret'", 'key']],
    ['podMonitor.enabled=true,config.http.token=secret', ['config.http.token', 'Set podMonitor.tokenSecret']],
    ['podLabels.app\\.kubernetes\\.io/name=x', ['podLabels has app.kubernetes.io/name', 'Take it out']],
    ['env[1].name=NODE_OPTIONS,env[1].value=x', ['env has NODE_OPTIONS', 'Set nodeOptions instead']],
    ['env[1].name=SHARDFOLD_SHUTDOWN__GRACE,env[1].value=9s', ['Set terminationGracePeriodSeconds instead']],
    ['env[1].name=SHARDFOLD_LEASE__JOIN_DELAY,env[1].value=9s', ['Set config.lease.joinDelay instead']],
    ['config.source.bufferBytes=1GiB', ['config.source.bufferBytes is 1GiB', 'resources.limits.memory, 512Mi', 'to 128MiB or less']],
    ['resources.limits.memory=200M', ['bufferBytes is 64MiB', 'to 47MiB or less']],
    ['resources.limits.memory=209715200', ['bufferBytes is 64MiB', 'to 50MiB or less']],
    ['fullnameOverride=Not A Name', ["'/fullnameOverride'"]],
    ['config.sinks.main.kind=mysql', ['networkPolicy.toPorts is [443, 5432]', 'config.sinks.main, a mysql, is at port 3306', 'to [443, 5432, 3306]']],
    ['config.sinks.main.kind=mongodb,networkPolicy.toPorts={443,3306}', ['a mongodb, is at port 27017']],
    ['config.sinks.search.kind=cratedb,config.sinks.search.url=http://crate.example', ['config.sinks.search is at port 4200']],
    ['config.sinks.main.url=postgres://user:pw@pool.example:6432/app', ['config.sinks.main is at port 6432', 'to [443, 5432, 6432]']],
    ['config.aws.endpoint=http://localstack:4566', ['config.aws.endpoint is at port 4566']],
    ['config.lease.endpoint=http://dynamodb.example', ['config.lease.endpoint is at port 80']],
    ['keda.enabled=true,config.aws.region=eu-west-1,config.source.streams={orders-*}', ['orders-* is a pattern', 'Set keda.stream']],
    ['keda.enabled=true,config.aws.region=eu-west-1,config.source.kind=dynamodb-streams', ['KEDA cannot count', 'Without KEDA']],
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
    'config.http.host=::',
    'podMonitor.enabled=true,config.http.token=secret,podMonitor.tokenSecret.name=x,podMonitor.tokenSecret.key=token',
    'config.http.token=secret',
    'config.source.bufferBytes=128MiB',
    'resources.limits.memory=0.25Gi',
    'env=null,envFrom[0].secretRef.name=orders-database',
    'config.sinks.main.kind=mysql,networkPolicy.toPorts={443,3306}',
    'config.sinks.main.kind=mysql,networkPolicy.enabled=false',
    'config.sinks.main.kind=mysql,networkPolicy.egress[0].ports[0].port=3306',
    'config.sinks.main.kind=sqlite,config.sinks.main.url=sqlite:./orders.db',
    // Behind a pooler, at a port that only the Secret knows.
    'networkPolicy.toPorts={443,6432}',
    'config.aws.endpoint=https://vpce.example',
    'keda.enabled=true,config.aws.region=eu-west-1,config.source.streams={orders-*},keda.stream=orders-1',
  ];

  test.for(fine)('%s', async (set, context) => {
    const { code, stderr } = await helmTemplate(command(helm, context), 'orders-values.yaml', ['--set', set]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('values that installers ask for', () => {
  const rendered = async (context: Skip, set: string, more: readonly string[] = []) =>
    helmObjects(command(helm, context), 'orders-values.yaml', ['--set', set, ...more]);

  test('names of their own, by which the objects still find each other', async (context) => {
    const objects = await rendered(context, 'fullnameOverride=orders,nameOverride=folder,podMonitor.enabled=true');
    expect(new Set(objects.filter(({ kind }) => kind !== 'Pod').map(({ metadata }) => metadata.name))).toEqual(new Set(['orders']));
    expect(selectorFaults(objects, 'orders')).toEqual([]);
    expect(at(one(objects, 'Deployment', 'orders'), 'spec.selector.matchLabels')).toMatchObject({ 'app.kubernetes.io/name': 'folder' });
  });

  test('where the pods run, and variables of whole Secrets', async (context) => {
    const set = 'affinity.podAntiAffinity.x=1,priorityClassName=high,envFrom[0].secretRef.name=orders-database';
    const pod = at(one(await rendered(context, set), 'Deployment'), 'spec.template.spec');
    expect(pod).toMatchObject({ affinity: { podAntiAffinity: { x: 1 } }, priorityClassName: 'high' });
    expect(at(pod, 'containers.0.envFrom')).toEqual([{ secretRef: { name: 'orders-database' } }]);
  });

  test('more ways out of the network policy', async (context) => {
    const set = 'networkPolicy.egress[0].to[0].ipBlock.cidr=10.0.0.0/8,networkPolicy.egress[0].ports[0].port=3306';
    const egress = at(one(await rendered(context, set), 'NetworkPolicy'), 'spec.egress') as readonly unknown[];
    expect(egress.length).toBe(4);
    expect(egress[3]).toEqual({ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 3306 }] });
  });

  test('no object that a cluster has to be taught first, unless it is asked for', async (context) => {
    const groups = new Set((await rendered(context, 'replicas=2')).map(({ apiVersion }) => apiVersion));
    expect([...groups].sort()).toEqual(['apps/v1', 'networking.k8s.io/v1', 'policy/v1', 'v1']);
  });
});

describe('KEDA', () => {
  const scaler = async (context: Skip, set: string, release = 'shardfold') => {
    const objects = await helmObjects(command(helm, context), 'orders-values.yaml', ['--set', `keda.enabled=true,fullnameOverride=it,${set}`], release);
    return one(objects, 'ScaledObject', 'it');
  };
  const arn = 'arn:aws:kinesis:eu-north-1:123456789012:stream/orders-cdc';

  test.for([
    ['the name, and the region of the configuration', 'config.aws.region=eu-west-1', 'orders-cdc', 'eu-west-1'],
    ['an ARN, which has the region', `config.aws.region=eu-west-1,config.source.streams={${arn}}`, 'orders-cdc', 'eu-north-1'],
    ['the stream and the region that are named', `config.source.streams={a-*},keda.stream=a-1,keda.region=us-east-1`, 'a-1', 'us-east-1'],
  ] as const)('counts the shards of %s', async ([, set, streamName, awsRegion], context) => {
    expect(at(await scaler(context, set), 'spec.triggers.0.metadata')).toMatchObject({ streamName, awsRegion });
  });

  test('asks for the lag of this fleet, and of none whose name begins like its own', async (context) => {
    const query = at(await scaler(context, 'config.aws.region=eu-west-1', 'orders'), 'spec.triggers.1.metadata.query');
    expect(query).toBe('max(shardfold_shard_behind_latest_seconds{namespace="default",app="orders"})');
  });
});

describe('the chart', () => {
  test.each([...helmFiles()])('%s is what `node scripts/reference/helm.ts` writes', (path, text) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });

  test('has the version of the image that it installs: a registry keeps one chart of a version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'packages/worker/package.json'), 'utf8')) as { readonly version: string };
    expect(parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8'))).toMatchObject({ version, appVersion: version });
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
