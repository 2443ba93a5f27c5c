// Records with something wrong: bytes changed, or a value put in another's place. It expects nothing.
import fc from 'fast-check';

type Tree = { readonly [name: string]: unknown };
export type Edits = readonly (readonly [where: number, removed: number, added: Uint8Array])[];

export const edits: fc.Arbitrary<Edits> = fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.uint8Array({ maxLength: 4 })), { minLength: 1, maxLength: 4 });

export function edited(bytes: Uint8Array, changes: Edits): Uint8Array {
  let mutated = Buffer.from(bytes);
  for (const [where, removed, added] of changes) {
    const at = where % (mutated.length + 1);
    mutated = Buffer.concat([mutated.subarray(0, at), added, mutated.subarray(at + removed)]);
  }
  return mutated;
}

/** Puts another value at one of the places of a parsed record. */
export function replaceAt(tree: unknown, place: number, value: unknown): unknown {
  let left = place;
  const walk = (node: unknown): unknown => {
    left -= 1;
    if (left === -1) return value;
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node as Tree).map(([name, inner]) => [name, walk(inner)]));
  };
  return walk(tree);
}
