// Which known word somebody meant. It knows no option.

const maxDistance = 3;

/** Edits between two words; two swapped neighbours count as one. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const edits = Math.min((last[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + (same ? 0 : 1));
      next.push(swapped ? Math.min(edits, (before[column - 2] ?? 0) + 1) : edits);
    }
    before = last;
    last = next;
  }
  return last[b.length] ?? 0;
}

/** The nearest of the known words, or undefined when none is within so many edits. Case and `_`/`-` do not count. */
export function nearest(word: string, known: readonly string[], most = maxDistance): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[_-]/g, '');
  const meant = plain(word);
  const limit = Math.min(most, Math.floor(meant.length / 3) + 1);
  let best: { readonly word: string; readonly edits: number } | undefined;
  for (const candidate of known) {
    const other = plain(candidate);
    if (Math.abs(other.length - meant.length) > limit) continue;
    const edits = distance(meant, other);
    if (edits <= limit && edits < (best?.edits ?? Number.POSITIVE_INFINITY)) best = { word: candidate, edits };
  }
  return best?.word;
}
