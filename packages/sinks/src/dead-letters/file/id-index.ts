// Which ids a file holds and where: packed, about 30 bytes a letter beside the id itself, so that a million letters take some
// 70 MB and no objects. It opens nothing.

export interface Place {
  readonly offset: number;
  readonly length: number;
}

export interface IdIndex {
  size(): number;
  /** Bytes of all ids. */
  idBytes(): number;
  /** False: the id is there already, and keeps its place. */
  add(id: string, place: Place): boolean;
  find(id: string): Place | undefined;
  /** In the order of the ids' code points; those after `after`, which need not be there. */
  page(limit: number, after: string | undefined): readonly Place[];
}

const firstEntries = 1_024;
const bytesOfId = 32;
const encoder = new TextEncoder();

/** FNV-1a, with its bits mixed once more for a table whose size is a power of two. */
function hashOf(id: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of id) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function grown<T extends Uint8Array | Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** Entries by the order in which they came: id bytes one behind the other, and where each ends. */
function createEntries() {
  let bytes = new Uint8Array(firstEntries * bytesOfId);
  let ends = new Float64Array(firstEntries);
  let offsets = new Float64Array(firstEntries);
  let lengths = new Float64Array(firstEntries);
  let size = 0;
  const begin = (entry: number) => (entry === 0 ? 0 : (ends[entry - 1] ?? 0));
  const idOf = (entry: number) => bytes.subarray(begin(entry), ends[entry]);
  return {
    size: () => size,
    idBytes: () => begin(size),
    idOf,
    placeOf: (entry: number): Place => ({ offset: offsets[entry] ?? 0, length: lengths[entry] ?? 0 }),
    push(id: Uint8Array, { offset, length }: Place): void {
      const end = begin(size) + id.length;
      while (end > bytes.length) bytes = grown(bytes, new Uint8Array(bytes.length * 2));
      if (size === ends.length) {
        ends = grown(ends, new Float64Array(size * 2));
        offsets = grown(offsets, new Float64Array(size * 2));
        lengths = grown(lengths, new Float64Array(size * 2));
      }
      bytes.set(id, begin(size));
      ends[size] = end;
      offsets[size] = offset;
      lengths[size] = length;
      size += 1;
    },
  };
}

/** As code points compare, which is how their UTF-8 does. */
function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

export function createIdIndex(): IdIndex {
  const entries = createEntries();
  /** Open addressing: entry + 1, 0 for free; at most half full. */
  let slots = new Uint32Array(firstEntries * 2);
  let ordered: Uint32Array | undefined;

  /** Where the id is, or the free slot where it belongs. */
  function slotOf(id: Uint8Array): number {
    const mask = slots.length - 1;
    let slot = hashOf(id) & mask;
    for (let entry = slots[slot] ?? 0; entry !== 0; entry = slots[slot] ?? 0) {
      if (compareBytes(entries.idOf(entry - 1), id) === 0) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  function makeRoom(): void {
    if ((entries.size() + 1) * 2 <= slots.length) return;
    slots = new Uint32Array(slots.length * 2);
    for (let entry = 0; entry < entries.size(); entry += 1) slots[slotOf(entries.idOf(entry))] = entry + 1;
  }

  function inOrder(): Uint32Array {
    ordered ??= Uint32Array.from({ length: entries.size() }, (_, entry) => entry).sort((left, right) => compareBytes(entries.idOf(left), entries.idOf(right)));
    return ordered;
  }

  return {
    size: entries.size,
    idBytes: entries.idBytes,
    add(id, place) {
      const bytes = encoder.encode(id);
      makeRoom();
      const slot = slotOf(bytes);
      if (slots[slot] !== 0) return false;
      entries.push(bytes, place);
      slots[slot] = entries.size();
      ordered = undefined;
      return true;
    },
    find(id) {
      const entry = slots[slotOf(encoder.encode(id))] ?? 0;
      return entry === 0 ? undefined : entries.placeOf(entry - 1);
    },
    page(limit, after) {
      const order = inOrder();
      const bound = after === undefined ? undefined : encoder.encode(after);
      let low = 0;
      for (let high = bound === undefined ? 0 : order.length; low < high; ) {
        const middle = (low + high) >>> 1;
        if (bound !== undefined && compareBytes(entries.idOf(order[middle] ?? 0), bound) <= 0) low = middle + 1;
        else high = middle;
      }
      return Array.from(order.subarray(low, low + Math.max(limit, 0)), entries.placeOf);
    },
  };
}
