// Functions of the product that a mutant puts others in the place of, while it is on. The test that wants this mocks the modules with
// `mutable`; the product itself knows nothing of it.

/** Makes of the real function the one that takes its place. */
export type Replacement = (real: never) => unknown;

let replacements: Readonly<Record<string, Replacement>> = {};

type AnyFunction = (...args: readonly unknown[]) => unknown;

/** The same module; of its functions, those that are replaced are, at each call. */
export function mutable<Module extends object>(real: Module): Module {
  const mutated = Object.entries(real).map(([name, thing]) => {
    if (typeof thing !== 'function') return [name, thing];
    const call = (...args: readonly unknown[]): unknown => {
      const replacement = replacements[name] as ((real: AnyFunction) => AnyFunction) | undefined;
      return (replacement === undefined ? (thing as AnyFunction) : replacement(thing as AnyFunction))(...args);
    };
    return [name, call];
  });
  return Object.fromEntries(mutated) as Module;
}

export async function withReplacements<T>(by: Readonly<Record<string, Replacement>>, run: () => Promise<T>): Promise<T> {
  replacements = by;
  try {
    return await run();
  } finally {
    replacements = {};
  }
}
