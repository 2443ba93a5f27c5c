// Kubernetes objects as tests look at them: read from YAML, told apart, and held against Kubernetes', KEDA's and the Prometheus
// operator's own schemas, which npm packages bring. It knows none of ours.
import { parseAllDocuments } from 'yaml';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels; readonly annotations?: Labels };
  readonly [field: string]: unknown;
}
type Labels = Readonly<Record<string, string>>;

/** Throws where a document is no valid YAML. */
export function objectsOf(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text, { strict: true, uniqueKeys: true }).flatMap((document) => {
    const [error] = [...document.errors, ...document.warnings];
    if (error !== undefined) throw error;
    const value = document.toJS() as KubernetesObject | null;
    return value === null ? [] : [value];
  });
}

export function one(objects: readonly KubernetesObject[], kind: string, name = 'shardfold'): KubernetesObject {
  const [found, ...more] = objects.filter((object) => object.kind === kind && plainName(object) === name);
  if (found === undefined || more.length > 0) throw new Error(`${more.length + (found === undefined ? 0 : 1)} objects are a ${kind} called ${name}`);
  return found;
}

/** Without the hash of the content that kustomize appends. */
export function plainName({ kind, metadata }: Pick<KubernetesObject, 'kind' | 'metadata'>): string {
  return kind === 'ConfigMap' || kind === 'Secret' ? metadata.name.replace(/-[a-z0-9]{10}$/, '') : metadata.name;
}

/** The value at `a.b.0.c`, or undefined. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined), value);
}

/** Where npm has the schema of an object. */
export function moduleOf({ apiVersion, kind }: KubernetesObject): string {
  const [group = ''] = apiVersion.split('/');
  const home = group.endsWith('keda.sh') ? '@kubernetes-models/keda' : group === 'monitoring.coreos.com' ? '@kubernetes-models/prometheus-operator' : undefined;
  return `${home ?? 'kubernetes-models'}/${apiVersion}/${kind}`;
}

/** One line for each way in which the object is not what its schema asks for. Names that the schema does not know are not told here. */
export async function schemaFaults(object: KubernetesObject): Promise<readonly string[]> {
  const Model = ((await import(moduleOf(object))) as Record<string, new (data: unknown) => { validate(): void }>)[object.kind];
  if (Model === undefined) return [`${object.apiVersion} ${object.kind}: there is no such kind`];
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return [`${object.kind} ${object.metadata.name}: ${error instanceof Error ? error.message : String(error)}`];
  }
}
