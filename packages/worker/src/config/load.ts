// From the file's text, the environment and flags to a configuration or to every fault in them. Pure: it reads no file and no
// environment of its own.
import { LineCounter, parseDocument } from 'yaml';
import { type Config, configOf } from './config.ts';
import type { Fault } from './faults.ts';
import { type Environment, type FilesRead, interpolate } from './interpolate.ts';
import { faultsOf, pathOf, reread, valueAt } from './issues.ts';
import { layer, type Override, withValue } from './overrides.ts';
import { complete, crossFaults } from './rules.ts';
import { type Document, documentSchema } from './schema.ts';
import { type Path, pathText, placeAt } from './shape.ts';

export interface LoadInput {
  readonly text: string;
  /** The file's name, for faults. */
  readonly file: string;
  readonly env: Environment;
  /** Of `filesNamed(text)`. */
  readonly files?: FilesRead;
  readonly overrides?: readonly Override[];
}

export type Loaded =
  | {
      readonly ok: true;
      readonly config: Config;
      /** The effective configuration as one would write it. It holds secrets: `print.ts` shows it. */
      readonly document: Document;
      /** Where the value at a path came from: the file's name, a variable's, `--set` or `default`. */
      origin(path: Path): string;
    }
  | { readonly ok: false; readonly faults: readonly Fault[] };

const maxAliasCount = 100;
const maxTextLength = 1024 * 1024;

type ReadText = { readonly tree: unknown } | { readonly faults: readonly Fault[] };

function readText(text: string): ReadText {
  if (text.length > maxTextLength) return { faults: [{ path: '', rule: `is longer than ${maxTextLength} characters`, suggestion: 'is it the right file?' }] };
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = [...parsed.errors, ...parsed.warnings].map(
    (error): Fault => ({ path: '', rule: `is no valid YAML: ${error.message}`, line: lines.linePos(error.pos[0]).line }),
  );
  if (faults.length > 0) return { faults };
  try {
    const tree: unknown = parsed.toJS({ maxAliasCount }) ?? {};
    if (typeof tree === 'object' && !Array.isArray(tree)) return { tree };
    return { faults: [{ path: '', rule: 'must be a block of keys', suggestion: 'for example application: orders-to-postgres' }] };
  } catch (error) {
    return { faults: [{ path: '', rule: `is no valid YAML: ${error instanceof Error ? error.message : String(error)}` }] };
  }
}

/** Texts from outside the file become numbers, truth values and lists where the schema wants those. */
function rereadLoose(tree: unknown, isLoose: (path: Path) => boolean): unknown {
  const result = documentSchema.safeParse(tree);
  let better = tree;
  for (const issue of result.error?.issues ?? []) {
    const path = pathOf(issue);
    const value = isLoose(path) ? reread(issue, valueAt(tree, path)) : undefined;
    if (value !== undefined) better = withValue(better, path, value);
  }
  return better;
}

function nearestOrigin(origins: ReadonlyMap<string, string>, path: string): string | undefined {
  for (let known = path; known !== ''; known = known.slice(0, Math.max(0, known.lastIndexOf('.')))) {
    const origin = origins.get(known);
    if (origin !== undefined) return origin;
  }
  return undefined;
}

/** Every fault is in the answer, each once; nothing is thrown. */
export function loadConfig(input: LoadInput): Loaded {
  const read = readText(input.text);
  if ('faults' in read) return { ok: false, faults: read.faults };
  const filled = interpolate(read.tree, input.env, input.files ?? new Map());
  const layered = layer(filled.tree, input.env, input.overrides ?? []);
  const loose = (path: Path) => filled.loose.has(pathText(path)) || layered.origins.has(pathText(path));
  // A missing block of required keys is told key by key.
  const tree = rereadLoose({ source: {}, ...(layered.tree as Readonly<Record<string, unknown>>) }, loose);

  const missing = filled.faults.filter((fault) => !layered.origins.has(fault.path));
  const reported = new Set(missing.map((fault) => fault.path));
  const quotable = (path: Path) => !filled.loose.has(pathText(path)) && placeAt(path)?.secret !== true && path.at(-1) !== 'url';
  const result = documentSchema.safeParse(tree);
  const found = [...(result.error?.issues ?? []).flatMap((issue) => faultsOf(issue, tree, quotable)), ...crossFaults(tree)];
  const faults: Fault[] = [...missing, ...layered.faults];
  for (const fault of found) {
    if (reported.has(fault.path)) continue;
    reported.add(fault.path);
    const from = nearestOrigin(layered.origins, fault.path);
    faults.push(from === undefined ? fault : { ...fault, from });
  }
  if (!result.success || faults.length > 0) return { ok: false, faults };

  const document = complete(result.data);
  const origin = (path: Path) => nearestOrigin(layered.origins, pathText(path)) ?? (valueAt(filled.tree, path) === undefined ? 'default' : input.file);
  return { ok: true, config: configOf(document), document, origin };
}
