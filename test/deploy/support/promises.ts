// What every rendering must keep, whoever made it: a configuration that the program takes, selectors that find our pods and no
// others, a grace period that the drain fits into, a pod that may do nothing. One line for each way in which it does not.
import { loadConfig } from 'shardfold';
import { at, type KubernetesObject, one } from './objects.ts';

/** Seconds beside the drain: to give back leases and close connections, and to spare. */
const beyondDrainSeconds = 10;
/** Of the memory limit: the heap may have three fifths, and Node itself wants the rest. */
const bufferShareMax = 1 / 4;
const ours = ['app.kubernetes.io/name', 'app.kubernetes.io/instance'];

interface Variable {
  readonly name: string;
  readonly value?: string;
}

export function container(objects: readonly KubernetesObject[]): Readonly<Record<string, unknown>> {
  return at(one(objects, 'Deployment'), 'spec.template.spec.containers.0') as Readonly<Record<string, unknown>>;
}

/** Variables of the worker; one that comes from a Secret has the value that a database's address has. */
export function environment(objects: readonly KubernetesObject[]): Readonly<Record<string, string>> {
  const variables = container(objects).env as readonly Variable[];
  return Object.fromEntries(variables.map(({ name, value }) => [name, value ?? 'postgres://user:secret@db.example:5432/app']));
}

export function configuration(objects: readonly KubernetesObject[]): string {
  return String(Object.values(at(one(objects, 'ConfigMap'), 'data') as Readonly<Record<string, string>>)[0]);
}

/** From the start of a container to its first answer to the readiness probe, on a node that has much to do. */
const startMs = 15_000;

function bytesOf(quantity: string): number {
  const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(quantity) ?? [];
  if (unit === undefined) throw new Error(`${quantity} is not written in Mi or Gi`);
  return Number(number) * (unit === 'Mi' ? 2 ** 20 : 2 ** 30);
}

/** What the program says of the configuration, with the variables that its pod has. */
function configurationFaults(objects: readonly KubernetesObject[]): readonly string[] {
  const loaded = loadConfig({ text: configuration(objects), file: 'shardfold.yaml', env: environment(objects) });
  if (!loaded.ok) return loaded.faults.map((fault) => `shardfold.yaml: ${JSON.stringify(fault)}`);
  const pod = one(objects, 'Deployment');
  const graceSeconds = Number(at(pod, 'spec.template.spec.terminationGracePeriodSeconds'));
  const faults: string[] = [];
  const { memory } = (container(objects).resources as { readonly limits: { readonly memory: string } }).limits;
  if (loaded.config.source.bufferBytes > bytesOf(memory) * bufferShareMax)
    faults.push(`source.bufferBytes is ${loaded.config.source.bufferBytes}, more than a quarter of ${memory}`);
  if (graceSeconds * 1_000 < loaded.config.shutdown.drainMs + beyondDrainSeconds * 1_000)
    faults.push(`a grace period of ${graceSeconds} s is too short for a drain of ${loaded.config.shutdown.drainMs} ms`);
  const told = environment(objects).SHARDFOLD_SHUTDOWN__GRACE;
  if (told !== `${graceSeconds}s`) faults.push(`a grace period of ${graceSeconds} s, and the worker is told ${told}`);
  const readyMs = Number(at(pod, 'spec.minReadySeconds')) * 1_000;
  if (loaded.config.lease.joinDelayMs < readyMs + startMs)
    faults.push(`lease.joinDelay is ${loaded.config.lease.joinDelayMs} ms, and an old worker goes ${readyMs} ms after a new one is ready`);
  if (at(pod, 'spec.template.spec.containers.0.ports.0.containerPort') !== loaded.config.http.port)
    faults.push('the container names another port than http.port');
  return faults;
}

/** Selectors of ours by the kind that has them. Without `matchLabels` a selector takes every pod of the namespace. */
const selectors: readonly (readonly [kind: string, path: string])[] = [
  ['Deployment', 'spec.selector.matchLabels'],
  ['Deployment', 'spec.template.spec.topologySpreadConstraints.0.labelSelector.matchLabels'],
  ['Deployment', 'spec.template.spec.topologySpreadConstraints.1.labelSelector.matchLabels'],
  ['Service', 'spec.selector'],
  ['PodMonitor', 'spec.selector.matchLabels'],
  ['PodDisruptionBudget', 'spec.selector.matchLabels'],
  ['NetworkPolicy', 'spec.podSelector.matchLabels'],
];

export function selectorFaults(objects: readonly KubernetesObject[], name = 'shardfold'): readonly string[] {
  const labels = at(one(objects, 'Deployment', name), 'spec.template.metadata.labels') as Readonly<Record<string, string>>;
  const wanted = JSON.stringify(ours.map((name) => [name, labels[name]]));
  return selectors.flatMap(([kind, path]) => {
    if (!objects.some((object) => object.kind === kind)) return [];
    const selector = (at(one(objects, kind, name), path) ?? {}) as Readonly<Record<string, string>>;
    const found = JSON.stringify(ours.map((name) => [name, selector[name]]));
    return found === wanted && Object.keys(selector).length === ours.length ? [] : [`${kind} ${path} is ${JSON.stringify(selector)}`];
  });
}

/** Places in the pod and what must be there. */
const restraints: readonly (readonly [path: string, wanted: unknown])[] = [
  ['spec.template.spec.automountServiceAccountToken', false],
  ['spec.template.spec.enableServiceLinks', false],
  ['spec.template.spec.securityContext.runAsNonRoot', true],
  ['spec.template.spec.securityContext.seccompProfile.type', 'RuntimeDefault'],
  ['spec.template.spec.containers.0.securityContext.readOnlyRootFilesystem', true],
  ['spec.template.spec.containers.0.securityContext.allowPrivilegeEscalation', false],
  ['spec.template.spec.containers.0.securityContext.capabilities.drop.0', 'ALL'],
  ['spec.template.spec.containers.0.resources.limits.cpu', undefined],
  ['spec.template.spec.containers.0.startupProbe.httpGet.path', '/livez'],
  ['spec.template.spec.containers.0.livenessProbe.httpGet.path', '/livez'],
  ['spec.template.spec.containers.0.readinessProbe.httpGet.path', '/readyz'],
  ['spec.strategy.rollingUpdate.maxUnavailable', 0],
];

function podFaults(objects: readonly KubernetesObject[]): readonly string[] {
  const pod = one(objects, 'Deployment');
  const found = restraints.filter(([path, wanted]) => at(pod, path) !== wanted).map(([path]) => `${path} is ${JSON.stringify(at(pod, path))}`);
  const { limits, requests } = container(objects).resources as { readonly limits: { readonly memory: string }; readonly requests: { readonly memory: string } };
  if (limits.memory !== requests.memory) found.push(`memory: ${requests.memory} asked for, ${limits.memory} allowed`);
  if (/(:latest|\/[^:@/]+)$/.test(String(container(objects).image))) found.push(`image ${String(container(objects).image)} names no version`);
  return found;
}

export function brokenPromises(objects: readonly KubernetesObject[]): readonly string[] {
  return [...configurationFaults(objects), ...selectorFaults(objects), ...podFaults(objects)];
}
