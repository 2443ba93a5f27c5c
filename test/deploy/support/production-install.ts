// The program as the image holds it: `pnpm deploy` into an empty folder, then deploy/image/trim.ts, by the Dockerfile's own words. It
// needs the pnpm that `npm test` brings.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './tool.ts';

export interface ProductionInstall {
  readonly folder: string;
  remove(): void;
}

/** Of a first use, which may download. */
export const installTimeoutMs = 300_000;

const root = fileURLToPath(new URL('../../../', import.meta.url));
const tools = join(root, '.tools');

function pnpm(): string | undefined {
  const folders = existsSync(tools) ? readdirSync(tools).filter((name) => name.startsWith('pnpm-')) : [];
  return folders.map((name) => join(tools, name, 'node_modules/pnpm/bin/pnpm.mjs')).find((file) => existsSync(file));
}

/** `commands`: the Dockerfile's, which say `/app` for the folder. Throws with what a command said when it fails. */
export async function productionInstall(commands: readonly (readonly string[])[]): Promise<ProductionInstall | { readonly skipped: string }> {
  const file = pnpm();
  if (file === undefined) return { skipped: 'there is no pnpm in .tools: run npm test once' };
  const scratch = mkdtempSync(join(tmpdir(), 'shardfold-install-'));
  const folder = join(scratch, 'app');
  const remove = () => rmSync(scratch, { recursive: true, force: true });
  const programs: Readonly<Record<string, readonly string[]>> = { pnpm: [process.execPath, file], node: [process.execPath] };
  for (const [program = '', ...args] of commands) {
    const words = [...(programs[program] ?? [program]), ...args.map((word) => (word === '/app' ? folder : word))];
    const { code, stdout, stderr } = await run(words, { cwd: root, env: { ...process.env, CI: 'true' } });
    if (code === 0) continue;
    remove();
    throw new Error(`${words.join(' ')}\nended with ${code}:\n${stdout}${stderr}`);
  }
  return { folder, remove };
}
