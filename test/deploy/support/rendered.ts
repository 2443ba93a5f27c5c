// The objects that kustomize and Helm make of what is in deploy/, for tests. What is expected of them is the tests' business.
import { fileURLToPath } from 'node:url';
import { type KubernetesObject, objectsOf } from './objects.ts';
import { type Ran, run } from './tool.ts';

const deploy = fileURLToPath(new URL('../../../deploy/', import.meta.url));
export const chart = `${deploy}helm/shardfold`;
/** The server that charts are rendered for: a Helm built from its module believes in one of 2020. */
const kubernetes = '1.34.0';

/** Kustomizations by their place in deploy/k8s. */
export const kustomizations = ['base', 'overlays/local', 'overlays/production', 'overlays/keda'] as const;

/** Throws where kustomize refuses or warns. */
export async function kustomized(command: readonly string[], place: string): Promise<readonly KubernetesObject[]> {
  const { code, stdout, stderr } = await run([...command, `${deploy}k8s/${place}`]);
  if (code !== 0 || stderr !== '') throw new Error(`kustomize: ${place}: ${stderr}`);
  return objectsOf(stdout);
}

/** `values`: a file of the chart's `ci` folder. `more`: words behind `helm template`. */
export function helmTemplate(command: readonly string[], values: string, more: readonly string[] = [], release = 'shardfold'): Promise<Ran> {
  return run([...command, 'template', release, chart, '--kube-version', kubernetes, '--values', `${chart}/ci/${values}`, ...more]);
}

/** Throws where Helm refuses. */
export async function helmObjects(
  command: readonly string[],
  values: string,
  more: readonly string[] = [],
  release = 'shardfold',
): Promise<readonly KubernetesObject[]> {
  const { code, stdout, stderr } = await helmTemplate(command, values, more, release);
  if (code !== 0) throw new Error(`helm template: ${values}: ${stderr}`);
  return objectsOf(stdout);
}
