// Names of the environment variables that set options, and which option a name that is none was meant for. It sets nothing.
import { valueAt } from './issues.ts';
import { nearest } from './near.ts';
import { type Path, placeAt } from './shape.ts';

export const variablePrefix = 'SHARDFOLD_';
/** Images and charts like to say in it which program they hold, and no deployment needs another version of the document. */
export const strangersVariable = `${variablePrefix}VERSION`;

/** `lease.maxPerWorker` is `SHARDFOLD_LEASE__MAX_PER_WORKER`. */
export function variableOf(path: Path): string {
  const words = path.map((name) => String(name).replaceAll(/[A-Z]/g, '_$&').replaceAll('-', '_').toUpperCase());
  return `${variablePrefix}${words.join('__')}`;
}

/** Options that hold a value, under the names that the tree has for what one names oneself. */
function leaves(path: Path, tree: unknown): readonly Path[] {
  const place = placeAt(path);
  const under = (names: readonly (string | number)[]) => names.flatMap((name) => leaves([...path, name], tree));
  if (place?.kind === 'object') return under(place.names);
  const holdsBlocks = placeAt([...path, '0'])?.kind === 'object';
  if (!holdsBlocks) return [path];
  const value = valueAt(tree, path);
  return under(typeof value === 'object' && value !== null ? Object.keys(value) : []);
}

/** Few, as a variable that is nothing of ours must not keep a worker from its start. */
const editsMax = 2;

/** The address of a service, which Kubernetes tells every container: of one named shardfold-http in `SHARDFOLD_HTTP_PORT`. */
const serviceAddress = /^(?:tcp|udp|sctp):\/\//;

/** The variable of the option that somebody meant who set this one; undefined where it resembles none. */
export function meantVariable(name: string, value: string, tree: unknown): string | undefined {
  if (serviceAddress.test(value)) return undefined;
  const known = leaves([], tree)
    .map(variableOf)
    .filter((each) => each !== strangersVariable);
  return nearest(name, known, editsMax);
}
