// Who the PostgreSQL server runs as: PostgreSQL refuses to run as root, so root lends it the account of an unprivileged user.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { EmbeddedError } from '../errors.ts';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** `initdb` looks its user up by name, so an unused number will not do. */
const candidates = ['postgres', 'nobody'];

const run = promisify(execFile);

/** The account to switch to; undefined where this process may run the server as it is. */
export async function unprivilegedAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of candidates) {
    const found = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]).catch(() => undefined);
    if (found !== undefined) return { uid: Number(found[0].stdout), gid: Number(found[1].stdout) };
  }
  throw new EmbeddedError(
    `PostgreSQL does not run as root, and this machine has no user named ${candidates.join(' or ')} to run it as. Nothing was started; run this as an ordinary user.`,
  );
}
