// Finds fields that no schema knows, such as a misspelt one: the objects as TypeScript literals of the schemas' types, which may have
// no others. Kubernetes' own schemas let them pass, and the server drops them.
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type KubernetesObject, moduleOf } from './objects.ts';
import { run } from './tool.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The compiler's words about each object, in a folder that is gone afterwards. Empty where all is known. */
export async function unknownNames(objects: readonly KubernetesObject[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'shardfold-objects-'));
  try {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    const lines = objects.map((object, index) => {
      const label = `${object.kind}_${object.metadata.name.replaceAll(/\W/g, '_')}_${index}`;
      return `export const ${label}: import('${moduleOf(object)}').I${object.kind} = ${JSON.stringify(object)};`;
    });
    await writeFile(join(folder, 'objects.ts'), `${lines.join('\n')}\n`);
    const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022', '--types', '', '--pretty', 'false'];
    const { stdout } = await run([process.execPath, join(root, 'node_modules/typescript/bin/tsc'), ...flags, join(folder, 'objects.ts')], { cwd: folder });
    return stdout
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => line.slice(0, 600));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
