// What the peers are made of, installed into a folder that git ignores: once, whole or not at all. Where something is not to be
// had, the reason is the answer. It knows no peer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const cache = fileURLToPath(new URL('../../../.tools/peers', import.meta.url));
const maxComplaintChars = 300;

export interface Skipped {
  readonly skipped: string;
}

/** Resolves with the reason when the command is missing or fails. */
export async function run(command: string, args: readonly string[]): Promise<Skipped | undefined> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + stripVTControlCharacters(text).replaceAll('\n', ' ')).slice(0, maxComplaintChars);
    });
  try {
    const [code] = await once(child, 'close');
    return code === 0 ? undefined : { skipped: `${command} ended with ${code} (${complaint.trim()} …)` };
  } catch (error) {
    return { skipped: `${command} is needed and cannot be run (${(error as Error).message})` };
  }
}

/** The folder, made by `make` in a place of its own if it is not there yet. `name` changes with what is in it. */
export async function installed(name: string, make: (folder: string) => Promise<Skipped | undefined>): Promise<string | Skipped> {
  const folder = join(cache, name);
  if (await exists(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, `.${name}-`));
  try {
    const skipped = await make(unfinished);
    if (skipped !== undefined) return skipped;
    await rename(unfinished, folder).catch(async (error: unknown) => {
      // Another run was quicker.
      if (!(await exists(folder))) throw error;
    });
    return folder;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function exists(folder: string): Promise<boolean> {
  return access(folder).then(
    () => true,
    () => false,
  );
}
