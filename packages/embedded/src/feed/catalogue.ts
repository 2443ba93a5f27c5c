// The tables of the feed's shop and what their items look like, all ten attribute types among them. It knows no stream and no
// history: an item is made from nothing, or from the item before it.
import type { AttributeValue, Item } from './item.ts';
import type { SeededRandom } from './random.ts';

export type FeedTableName = 'orders' | 'customers' | 'products' | 'readings';

export interface FeedTable {
  /** What the table's stream was told to write as `ApproximateCreationDateTimePrecision`. */
  readonly precision: 'MILLISECOND' | 'MICROSECOND';
  keys(index: number): Item;
  /** The attributes beside the keys. */
  attributes(random: SeededRandom, before: Item | undefined): Item;
}

const s = (value: string): AttributeValue => ({ S: value });
const n = (value: number | string): AttributeValue => ({ N: String(value) });
const blob = (random: SeededRandom, bytes: number): string => Buffer.from(Array.from({ length: bytes }, () => random.below(256))).toString('base64');
const distinct = (make: () => string, count: number): readonly string[] => [...new Set(Array.from({ length: count }, make))];
const city = ['Zürich', '東京', 'São Paulo', 'Łódź', 'مراكش', 'New York', '👩‍👩‍👧 "Heim"'] as const;
const name = ['Ada', 'Grace', 'Jürgen', '美咲', "O'Hara", 'Zoë', 'line\nbreak', 'back\\slash'] as const;
const state = ['new', 'paid', 'packed', 'shipped', 'returned'] as const;
const tag = ['gift', 'express', 'b2b', 'fragile', 'ñandú'] as const;
const cents = (random: SeededRandom): string => {
  const whole = random.below(100_000);
  const fraction = String(random.below(100)).padStart(2, '0').replace(/0+$/, '');
  return fraction === '' ? String(whole) : `${whole}.${fraction}`;
};
/** Digits as many as DynamoDB keeps, more than a double does. */
const exactForms = [
  (random: SeededRandom) => `${random.digits(37)}1`,
  (random: SeededRandom) => `-${random.digits(19)}.${random.digits(18)}7`,
  (random: SeededRandom) => `0.${'0'.repeat(random.below(20))}${random.digits(37)}3`,
  (random: SeededRandom) => random.digits(19),
] as const;
const exact = (random: SeededRandom): string => random.pick(exactForms)(random);

function count(before: Item | undefined, attribute: string): AttributeValue {
  const old = before?.[attribute];
  return n(old !== undefined && 'N' in old ? Number(old.N) + 1 : 1);
}

const orders: FeedTable = {
  precision: 'MICROSECOND',
  keys: (index) => ({ customer: s(`c-${index % 97}`), no: n(index) }),
  attributes: (random, before) => ({
    state: s(random.pick(state)),
    total: n(cents(random)),
    revision: count(before, 'revision'),
    paid: { BOOL: random.chance(0.5) },
    coupon: random.chance(0.3) ? s(random.digits(6)) : { NULL: true },
    lines: {
      L: Array.from({ length: random.below(4) }, () => ({
        M: { sku: s(`sku-${random.below(50)}`), quantity: n(1 + random.below(9)), price: n(cents(random)) },
      })),
    },
    ...(random.chance(0.6) ? { tags: { SS: distinct(() => random.pick(tag), 1 + random.below(3)) } } : {}),
  }),
};

const customers: FeedTable = {
  precision: 'MICROSECOND',
  keys: (index) => ({ id: s(`customer#${index}`) }),
  attributes: (random, before) => ({
    name: s(random.pick(name)),
    address: { M: { city: s(random.pick(city)), zip: s(random.digits(5)), lines: { L: [s(''), { NULL: true }, n(random.below(200))] } } },
    visits: count(before, 'visits'),
    newsletter: { BOOL: random.chance(0.7) },
    ...(random.chance(0.5) ? { birthday: s(`19${10 + random.below(90)}-0${1 + random.below(9)}-1${random.below(10)}`) } : {}),
    ...(random.chance(0.3) ? { avatar: { B: blob(random, random.below(40)) } } : {}),
  }),
};

const products: FeedTable = {
  precision: 'MILLISECOND',
  keys: (index) => ({ sku: s(`sku-${index}`) }),
  attributes: (random, before) => ({
    stock: n(random.below(1_000) - 20),
    price: n(cents(random)),
    edits: count(before, 'edits'),
    sizes: { NS: distinct(() => random.pick(['36', '37.5', '40', '-1', exact(random)]), 1 + random.below(4)) },
    hashes: { BS: distinct(() => blob(random, 1 + random.below(20)), 1 + random.below(3)) },
    barcode: n(exact(random)),
  }),
};

const readings: FeedTable = {
  precision: 'MICROSECOND',
  keys: (index) => ({ device: { B: Buffer.from(`device-${index % 13}`).toString('base64') }, slot: n(index) }),
  attributes: (random) => ({
    value: n(exact(random)),
    nested: { M: { deep: { M: { deeper: { L: [{ BOOL: false }, { M: {} }, { L: [] }, n(exact(random))] } } } } },
    raw: { B: blob(random, random.below(64)) },
  }),
};

/** By name: a shop whose tables a reader of the demo recognises. */
export const feedTables: { readonly [Name in FeedTableName]: FeedTable } = { orders, customers, products, readings };
