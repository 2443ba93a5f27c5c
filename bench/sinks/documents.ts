// The rows that both ways write: documents of about 500 bytes, every key twice, in groups of distinct keys. Seeded, so that every run sees
// the same. It knows no database.

const words = 'amber basil cedar delta ember fjord grove haven inlet jetty knoll ledge marsh north ocean pearl quill ridge shore torch'.split(' ');
const firstSequence = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;
const firstTime = 1_763_700_000_000_000;

export interface BenchRow {
  readonly id: string;
  readonly text: string;
  readonly time: number;
  readonly seq: string;
}

function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
}

function documentText(key: number, time: number): string {
  const next = generator(key * 7_919 + time);
  const word = (): string => words[next(words.length)] ?? '';
  return JSON.stringify({
    customerId: `C-${String(key).padStart(7, '0')}`,
    status: word(),
    total: next(1_000_000) / 100,
    quantity: next(1_000),
    active: next(2) === 0,
    createdAt: '2026-11-21T04:38:00.123Z',
    updatedAt: `2026-11-21T05:${String(next(60)).padStart(2, '0')}:00.456Z`,
    address: { street: `${next(999)} ${word()} ${word()} street`, city: word(), zip: String(10_000 + next(89_999)), country: 'DE' },
    tags: [word(), word(), word(), word()],
    lines: [1, 2].map((line) => ({ sku: `${word()}-${next(99_999)}`, qty: next(20), price: next(100_000) / 100, note: line === 1 ? 'He said "ok"' : null })),
    comment: Array.from({ length: 9 }, word).join(' '),
  });
}

function shuffledKeys(count: number, seed: number): number[] {
  const keys = Array.from({ length: count }, (_, key) => key);
  const next = generator(seed);
  for (let index = count - 1; index > 0; index -= 1) {
    const other = next(index + 1);
    [keys[index], keys[other]] = [keys[other] ?? 0, keys[index] ?? 0];
  }
  return keys;
}

/** Keys of rows that were deleted before, among the others' keys and none of them; the first sorts behind all. */
export function buriedKeys(count: number): string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? 'nobody' : `cust#${String(index).padStart(8, '0')}#old order`));
}

/** Two passes over all keys, each in an order of its own: the first inserts, the second updates. Groups are sorted by key. */
export function benchGroups(keys: number, groupRows: number): BenchRow[][] {
  const groups: BenchRow[][] = [];
  let time = firstTime;
  for (const pass of [1, 2]) {
    const order = shuffledKeys(keys, pass);
    for (let from = 0; from < keys; from += groupRows) {
      const rows = order.slice(from, from + groupRows).map((key): BenchRow => {
        time += 1;
        return { id: `cust#${String(key).padStart(8, '0')}#order`, text: documentText(key, time), time, seq: String(firstSequence + BigInt(time)) };
      });
      groups.push(rows.sort((left, right) => (left.id < right.id ? -1 : 1)));
    }
  }
  return groups;
}
