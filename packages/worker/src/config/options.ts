// Every option of `shardfold.yaml` as the reference tells of it: what it takes, its default, an example, its variable. With `shape.ts`
// it alone knows zod's innards; it knows no page.
import { z } from 'zod';
import { documentSchema } from './schema.ts';
import { sorts } from './schema-parts.ts';
import { bare } from './shape.ts';
import { strangersVariable, variableOf } from './variables.ts';

type Schema = z.core.$ZodType;

/** `path` has NAME for a name of one's own, and `[]` for a list. */
export interface Option {
  readonly path: string;
  readonly description: string | undefined;
}

export interface Block extends Option {
  readonly kind: 'block';
  /** It may be left out. */
  readonly optional: boolean;
}

export interface Leaf extends Option {
  readonly kind: 'value';
  /** `duration, from 500ms to 1h`, `polling, fan-out or auto` */
  readonly type: string;
  readonly unit: string | undefined;
  readonly fallback: { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'required' | 'none' };
  /** Undefined where the option has none. */
  readonly example: unknown;
  /** `SHARDFOLD_LEASE__DURATION` */
  /** Undefined: no variable sets it. */
  readonly variable: string | undefined;
  readonly secret: boolean;
  /** Whether the schema takes a value there. */
  accepts(value: unknown): boolean;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function typesOf(schema: Schema): readonly string[] {
  const inner = bare(schema);
  const sort = sorts.get(inner);
  if (sort !== undefined) return [sort.range === undefined ? sort.name : `${sort.name}, from ${sort.range.min} to ${sort.range.max}`];
  if (inner instanceof z.ZodEnum) return inner.options.map(String);
  if (inner instanceof z.ZodLiteral) return [...inner.values].map(String);
  if (inner instanceof z.ZodUnion) return inner.options.flatMap(typesOf);
  if (inner instanceof z.ZodArray) return [`list of ${listed(typesOf(inner.def.element))}`];
  if (inner instanceof z.ZodRecord) return [`names, each with ${listed(typesOf(inner.def.valueType))}`];
  if (inner instanceof z.ZodBoolean) return ['true', 'false'];
  if (inner instanceof z.ZodNumber) return ['number'];
  if (inner instanceof z.ZodString) return ['text'];
  throw new Error(`The reference has no words for an option of type ${inner._zod.def.type}. Give them in config/options.ts.`);
}

function fallbackOf(schema: Schema): Leaf['fallback'] {
  if (schema instanceof z.ZodDefault) return { kind: 'value', value: schema.def.defaultValue };
  return { kind: schema instanceof z.ZodOptional ? 'none' : 'required' };
}

/** Of a choice every value is an example; the first that is not the default says more. */
function exampleOf(schema: Schema, examples: unknown): unknown {
  if (Array.isArray(examples)) return examples[0];
  const inner = bare(schema);
  const fallback = fallbackOf(schema);
  const choices: readonly unknown[] = inner instanceof z.ZodEnum ? inner.options : inner instanceof z.ZodBoolean ? [true, false] : [];
  const others = choices.filter((choice) => fallback.kind !== 'value' || choice !== fallback.value);
  return others[0] ?? (fallback.kind === 'value' ? fallback.value : undefined);
}

/** The first of a list is 0. */
function ownVariable(path: readonly string[]): string | undefined {
  const name = variableOf(path.map((each) => (each === '[]' ? '0' : each === 'NAME' ? 'name' : each)));
  return name === strangersVariable ? undefined : name;
}

function walk(schema: Schema, path: readonly string[]): readonly (Block | Leaf)[] {
  const inner = bare(schema);
  const meta = z.globalRegistry.get(schema) ?? {};
  const its = { path: path.join('.').replaceAll('.[]', '[]'), description: meta.description };
  const block: Block = { ...its, kind: 'block', optional: fallbackOf(schema).kind !== 'required' || schema instanceof z.ZodPrefault };
  const own = path.length === 0 ? [] : [block];
  if (inner instanceof z.ZodObject) return [...own, ...Object.entries(inner.shape).flatMap(([name, each]) => walk(each, [...path, name]))];
  if (inner instanceof z.ZodRecord && bare(inner.def.valueType) instanceof z.ZodObject)
    return [block, ...walk(inner.def.valueType, [...path, 'NAME']).slice(1)];
  if (inner instanceof z.ZodArray && bare(inner.def.element) instanceof z.ZodObject) return [block, ...walk(inner.def.element, [...path, '[]']).slice(1)];
  return [
    {
      ...its,
      kind: 'value',
      type: listed(typesOf(schema)),
      unit: sorts.get(inner)?.unit,
      fallback: fallbackOf(schema),
      example: exampleOf(schema, meta.examples),
      variable: ownVariable(path),
      secret: meta.writeOnly === true,
      accepts: (value) => z.safeParse(schema, value).success,
    },
  ];
}

/** In the order of the schema; a block comes before what is in it. */
export function listOptions(): readonly (Block | Leaf)[] {
  return walk(documentSchema, []);
}
