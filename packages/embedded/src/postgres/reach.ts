// Whether another account can get at a file or folder: a checkout under a private home is invisible to it. It changes nothing.
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Account } from './account.ts';

const readBit = 4;
const enterBit = 1;

/** True when `account` can read `path` and enter every folder above it. Undefined stands for this process's own account. */
export async function canReach(path: string, account: Account | undefined): Promise<boolean> {
  if (account === undefined) return true;
  if (!(await allows(path, account, readBit))) return false;
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (folder !== resolve(path) && !(await allows(folder, account, enterBit))) return false;
    if (folder === dirname(folder)) return true;
  }
}

async function allows(path: string, account: Account, bit: number): Promise<boolean> {
  const { mode, uid, gid } = await stat(path);
  const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
  return ((mode >> shift) & bit) === bit;
}
