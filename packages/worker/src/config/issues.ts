// Puts what the schema found wrong into words: the path, the rule, what to write instead. It knows zod's issues and no option.
import { isScalar, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Fault, shown } from './faults.ts';
import { nearest } from './near.ts';
import { type Path, pathText, placeAt } from './shape.ts';

type Issue = z.core.$ZodIssue;

export function pathOf(issue: Issue): Path {
  return issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
}

export function valueAt(tree: unknown, path: Path): unknown {
  let value = tree;
  for (const name of path)
    value = typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Readonly<Record<string | number, unknown>>)[name] : undefined;
  return value;
}

/** An example as it would stand in the file. */
function example(path: Path): string | undefined {
  const [first] = placeAt(path)?.examples ?? [];
  if (first === undefined) return undefined;
  return typeof first === 'string' ? first : JSON.stringify(first);
}

function suggested(text: string | undefined): { readonly suggestion?: string } {
  return text === undefined ? {} : { suggestion: text };
}

function tryExample(path: Path): { readonly suggestion?: string } {
  const like = example(path);
  return suggested(like === undefined ? undefined : `for example ${like}`);
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a block of keys',
  record: 'a block of names',
};

function counted(bound: number | bigint, one: string, many: string): string {
  return ` ${Number(bound) === 1 ? one : many}`;
}

function unknownKeys(issue: Extract<Issue, { code: 'unrecognized_keys' }>): readonly Fault[] {
  const known = placeAt(pathOf(issue))?.names ?? [];
  return issue.keys.map((key) => {
    const meant = nearest(key, known);
    return {
      path: pathText([...pathOf(issue), key]),
      rule: 'unknown key',
      suggestion: meant === undefined ? `known here: ${known.join(', ')}` : `did you mean "${meant}"?`,
    };
  });
}

/** `quotable` says whether the value at the path may be shown. */
export function faultsOf(issue: Issue, tree: unknown, quotable: (path: Path) => boolean): readonly Fault[] {
  const path = pathOf(issue);
  const value = valueAt(tree, path);
  const text = pathText(path);
  const got = quotable(path) && typeof value !== 'object' ? `, not ${shown(value)}` : '';
  if (issue.code !== 'unrecognized_keys' && value === undefined) return [{ path: text, rule: 'required', ...tryExample(path) }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknownKeys(issue);
    case 'invalid_type':
      return [
        {
          path: text,
          rule: `${issue.message.startsWith('must') ? issue.message : `must be ${typeNames[issue.expected] ?? issue.expected}`}${got}`,
          ...tryExample(path),
        },
      ];
    case 'invalid_value': {
      const known = issue.values.map(String);
      const meant = nearest(String(value), known);
      return [
        { path: text, rule: `must be ${known.join(' or ')}${got}`, suggestion: meant === undefined ? `for example ${known[0]}` : `did you mean "${meant}"?` },
      ];
    }
    case 'too_small':
    case 'too_big': {
      const bound = issue.code === 'too_small' ? issue.minimum : issue.maximum;
      const unit = issue.origin === 'array' ? counted(bound, 'entry', 'entries') : issue.origin === 'string' ? counted(bound, 'character', 'characters') : '';
      const custom = issue.message.startsWith('several')
        ? issue.message
        : `must be ${issue.code === 'too_small' ? 'at least' : 'at most'} ${bound}${unit}${got}`;
      return [{ path: text, rule: custom, ...tryExample(path) }];
    }
    case 'custom': {
      const suggestion: unknown = issue.params?.suggestion;
      return [
        {
          path: text,
          rule: `${issue.message}${issue.message.startsWith('"') ? '' : got}`,
          ...suggested(typeof suggestion === 'string' ? suggestion : undefined),
        },
      ];
    }
    case 'invalid_key':
      return [{ path: text, rule: issue.issues[0]?.message ?? issue.message }];
    default:
      return [{ path: text, rule: `${issue.message}${got}`, ...tryExample(path) }];
  }
}

/**
 * A text from the environment or a flag where something else is wanted, read as YAML would read it: `9400`, `true`, `[a, b]`.
 * Undefined when that changes nothing.
 */
export function reread(issue: Issue, text: unknown): unknown {
  const wanted = issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union';
  if (!wanted || typeof text !== 'string') return undefined;
  const document = parseDocument(text);
  if (document.errors.length > 0 || (isScalar(document.contents) && typeof document.contents.value === 'string')) return undefined;
  return document.toJS({ maxAliasCount: 0 }) ?? undefined;
}
