// What has to be left out of an item's text so that plain JSON remains: noted while the item is gone over, so that nobody has to go
// over it again. It knows no attribute.

/** Two numbers each; an item with more has none. */
const maxCuts = 2048;
/** There is one for all, as of the units. */
const noted = new Int32Array(2 * maxCuts);
let count = 0;
let isWhole = true;

/** For each cut where it begins and where the text goes on; not (`~`) that: there is a `null` in its place. */
export type Cuts = readonly number[];

export function beginCuts(): void {
  count = 0;
  isWhole = true;
}

/** Leaves out what lies between the two. */
export function noteCut(to: number, from: number): void {
  const at = count;
  count = at + 2;
  if (at >= noted.length) return;
  noted[at] = to;
  noted[at + 1] = from;
}

/** Leaves it out, with `null` in its place. */
export function noteNull(to: number, from: number): void {
  noteCut(to, ~from);
}

/** There is something that plain JSON writes otherwise, so cuts are not enough. */
export function spoilCuts(): void {
  isWhole = false;
}

/** The cuts of an item that begins at `start`, from there; undefined where cuts do not make it plain JSON. */
export function cutsFrom(start: number): Cuts | undefined {
  if (!isWhole || count > noted.length) return undefined;
  const cuts = new Array<number>(count);
  for (let index = 0; index < count; index += 2) {
    const from = noted[index + 1] ?? 0;
    cuts[index] = (noted[index] ?? 0) - start;
    cuts[index + 1] = from < 0 ? from + start : from - start;
  }
  return cuts;
}

export function cutJson(item: string, cuts: Cuts): string {
  let json = '';
  let from = 0;
  for (let index = 0; index < cuts.length; index += 2) {
    const to = cuts[index] ?? 0;
    const next = cuts[index + 1] ?? 0;
    if (to > from) json += item.slice(from, to);
    if (next < 0) json += 'null';
    from = next < 0 ? ~next : next;
  }
  return json + item.slice(from);
}
