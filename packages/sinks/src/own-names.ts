// What this program calls its own tables beside a target's, in every database. No target may be called so. It knows no server.
import { folded, type NameRules } from './columns/names.ts';

export const floorsName = 'shardfold_floors';
export const deadLettersName = 'shardfold_dead_letters';
export const tombstonesEnding = '__tombstones';
/** Of the table under a view. */
export const rowsEnding = '__rows';

/** Why a target may not have this name, in a phrase that follows it; undefined: it may. `ending`: of the tables beside a target, on this server. */
export function ownNameProblem(name: string, ending: string, { ignoresCase }: Pick<NameRules, 'ignoresCase'>): string | undefined {
  const same = ignoresCase ? folded(name) : name;
  if (same === floorsName || same === deadLettersName) return 'has the name of a table of this program';
  return same.endsWith(ending) ? `ends in ${ending} like a table that this program keeps beside another` : undefined;
}
