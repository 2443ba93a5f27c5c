// What stands unchanged in columns of arrays: a list whose members the column's own type would keep, or an array as the server writes
// it, where its members' type refuses what it cannot keep. Pure; it knows no type but by what it is asked of it.
import { type Value, ValueSet } from '@shardfold/changes';
import { type ColumnKind, cast } from '../columns/kinds.ts';

const suffix = '[]';

/** The type of an array's members; undefined for what is none. */
export function memberTypeOf(type: string): string | undefined {
  return type.endsWith(suffix) ? type.slice(0, -suffix.length) : undefined;
}

/** With bounds or without: `{1,2}`, `[0:1]={1,2}`. */
const literal = /^(?:\[[-+\d:[\]]+\]=)?\{.*\}$/s;

export interface MemberRules {
  readonly kind: ColumnKind;
  /** Of some values it keeps another one, instead of refusing them. */
  readonly changes: boolean;
  holds(value: Value): boolean;
}

/** Members of binary would be taken for text; a list in JSON would become a dimension of the array. */
function holdsMember({ kind, holds }: MemberRules, value: Value): boolean {
  if (value === null) return true;
  if (kind === 'json') return !Array.isArray(value) && !(value instanceof ValueSet);
  const taken = kind === 'binary' || value instanceof Uint8Array ? undefined : cast(kind, value);
  return taken !== undefined && (kind !== 'other' || typeof taken === 'string') && holds(taken);
}

/** Lists in it are dimensions, all of one length; an empty one would be lost. */
function holdsList(list: readonly Value[], rules: MemberRules): boolean {
  const lists = list.filter((member) => Array.isArray(member));
  if (lists.length === 0) return list.every((member) => holdsMember(rules, member));
  const length = lists[0]?.length ?? 0;
  return rules.kind !== 'json' && length > 0 && lists.length === list.length && lists.every((each) => each.length === length && holdsList(each, rules));
}

/** Whether a column that is an array of such members keeps the value. */
export function holdsArray(value: Value, rules: MemberRules): boolean {
  if (typeof value === 'string') return !rules.changes && literal.test(value);
  if (value instanceof ValueSet) return holdsList(value.values, rules);
  return value === null || (Array.isArray(value) && holdsList(value, rules));
}
