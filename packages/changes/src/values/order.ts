// The order of text that does not depend on a locale or on UTF-16: that of its UTF-8 bytes. It knows no key and no set.

const firstSurrogate = 0xd800;
const afterSurrogates = 0xe000;

/** Moves the surrogates above the rest of the basic plane, where their code points are. */
function rank(unit: number): number {
  if (unit < firstSurrogate) return unit;
  return unit >= afterSurrogates ? unit - 0x800 : unit + 0x2000;
}

/** Negative, 0 or positive, as the UTF-8 bytes of `a` and `b` compare. DynamoDB and `collate "C"` order text like this. */
export function compareBytewise(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}
