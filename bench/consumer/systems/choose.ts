// The systems by their names, those of others installed. It starts none.

import type { Skipped } from './installed.ts';
import { kclSystems } from './kcl.ts';
import { nodeWrapper } from './node-wrapper.ts';
import { ours, oursParsing } from './ours.ts';
import type { System } from './system.ts';

const known = ['ours', 'ours-parse', 'kcl', 'kcl-parse', 'node-wrapper'];

/** In the order of `ids`; or which of them are not to be had, why, and what can be done. */
export async function chooseSystems(ids: readonly string[]): Promise<readonly System[] | Skipped> {
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length > 0) return { skipped: `There is no system ${unknown.join(', ')}; there are ${known.join(', ')}.` };
  const found: System[] = [ours, oursParsing];
  const missing: string[] = [];
  const asked = (names: readonly string[]) => ids.filter((id) => names.includes(id));
  for (const { names, bring } of peers) {
    if (asked(names).length === 0) continue;
    const brought = await bring();
    if ('skipped' in brought) missing.push(`${asked(names).join(' and ')} cannot be run: ${brought.skipped}.`);
    else found.push(...brought);
  }
  if (missing.length > 0) {
    const rest = ids.filter((id) => found.some((system) => system.id === id));
    return { skipped: `${missing.join('; ')} Mend that, or leave them out with --systems ${rest.join(',')}` };
  }
  return ids.flatMap((id) => found.filter((system) => system.id === id));
}

const peers: readonly { readonly names: readonly string[]; readonly bring: () => Promise<readonly System[] | Skipped> }[] = [
  { names: ['kcl', 'kcl-parse'], bring: kclSystems },
  { names: ['node-wrapper'], bring: nodeWrapper },
];
