// Takes out of a production install what the program never loads: packages that none of its dependencies leads to (pnpm also installs
// optional peers, such as the test runner), TypeScript and source maps. It knows pnpm's folders and no package.
//
//   node deploy/image/trim.ts FOLDER
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Node loads no TypeScript from `node_modules`, and the program is compiled. */
const unloaded = /\.([cm]?ts|[cm]?[jt]s\.map|tsbuildinfo)$/;

function dependenciesOf(folder: string): readonly string[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return [...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers];
}

/** As Node looks for a package: in `node_modules` of this folder and of those above, up to the root. */
function find(name: string, from: string, root: string): string | undefined {
  for (let folder = from; folder.startsWith(root); folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name);
    if (existsSync(join(place, 'package.json'))) return realpathSync(place);
  }
  return undefined;
}

/** Real folders of the program and of everything its dependencies lead to. */
function reached(root: string): ReadonlySet<string> {
  const seen = new Set<string>([root]);
  for (const folder of seen) {
    for (const name of dependenciesOf(folder)) {
      const place = find(name, folder, root);
      if (place !== undefined) seen.add(place);
    }
  }
  return seen;
}

/** Without following links. */
function dropUnloaded(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) dropUnloaded(path);
    else if (entry.isFile() && unloaded.test(entry.name)) rmSync(path);
  }
}

/** `folder`: what `pnpm deploy` wrote. Files are unlinked, never written: pnpm shares them with its store. */
export function trim(folder: string): void {
  const root = realpathSync(folder);
  const store = join(root, 'node_modules', '.pnpm');
  const kept = new Set([...reached(root)].map((place) => place.slice(store.length + 1).split(sep)[0]));
  for (const name of readdirSync(store)) if (!kept.has(name)) rmSync(join(store, name), { recursive: true });
  for (const links of [join(root, 'node_modules'), ...readdirSync(store).map((name) => join(store, name, 'node_modules'))]) dropDeadLinks(links);
  dropUnloaded(root);
}

/** Links to packages that are gone, in one `node_modules`. */
function dropDeadLinks(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink() && !existsSync(path)) rmSync(path);
    else if (entry.isDirectory() && entry.name.startsWith('@')) dropDeadLinks(path);
  }
}

const [, script, folder] = process.argv;
if (script !== undefined && realpathSync(script) === import.meta.filename) {
  if (folder === undefined) {
    process.stderr.write('usage: node deploy/image/trim.ts FOLDER\n');
    process.exit(2);
  }
  trim(folder);
}
