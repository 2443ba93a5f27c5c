// The fold of a key as a function: whatever order a history comes in, and however often, the result is the fold that the whole
// history declares.
import { compareVersions, ExactNumber, type Version, valueToJson } from '@shardfold/changes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergedContent, sourceOf } from '../../src/partial/content.ts';
import { type Decision, decide, type Incoming, noVersion, type Patches, truncated } from '../../src/partial/fold.ts';
import { membersOf, objectText } from '../../src/partial/members.ts';
import { patchesOfText, patchesText } from '../../src/partial/patches-text.ts';
import { at } from '../../src/testing/index.ts';

const columns = ['a', 'b', 'c'] as const;

type Event = { readonly time: number } & (
  | { readonly kind: 'put'; readonly names: readonly string[] }
  | { readonly kind: 'patch'; readonly names: readonly string[] }
  | { readonly kind: 'delete' }
  | { readonly kind: 'truncate' }
);

interface Row {
  readonly version: Version;
  readonly patches: Patches;
  readonly deleted: boolean;
  readonly content: ReadonlyMap<string, number>;
}

interface Key {
  row: Row | undefined;
  tombstone: Version | undefined;
  floor: Version | undefined;
}

function isBelow(left: Version | undefined, right: Version): boolean {
  return left === undefined || compareVersions(left, right) < 0;
}

/** What a database does with a decision. */
function carryOut(key: Key, row: Decision['row'], incoming: ReadonlyMap<string, number>): void {
  if (row === 'leave') return;
  if (row === 'remove') key.row = undefined;
  else {
    const { version, patches, deleted } = row;
    key.row = { version, patches, deleted, content: mergedContent(key.row?.content ?? new Map(), incoming, row) };
  }
}

function incomingOf(event: Exclude<Event, { kind: 'truncate' }>): Incoming {
  const version = at(event.time);
  if (event.kind === 'patch') return { kind: 'patch', version, names: event.names };
  return { kind: event.kind, version };
}

function apply(key: Key, event: Event, soft: boolean): Decision | undefined {
  if (event.kind === 'truncate') {
    if (isBelow(key.floor, at(event.time))) key.floor = at(event.time);
    if (key.row !== undefined) carryOut(key, truncated(key.row, at(event.time), soft), new Map());
    if (key.tombstone !== undefined && compareVersions(key.tombstone, at(event.time)) <= 0) key.tombstone = undefined;
    return undefined;
  }
  const decision = decide(key, incomingOf(event), soft);
  carryOut(key, decision.row, new Map(event.kind === 'delete' ? [] : event.names.map((name) => [name, event.time])));
  if (decision.tombstone !== undefined) {
    expect(isBelow(key.tombstone, decision.tombstone), 'a tombstone only rises').toBe(true);
    key.tombstone = decision.tombstone;
  }
  return decision;
}

function newest(events: readonly Event[]): number {
  return events.reduce((time, event) => Math.max(time, event.time), Number.NEGATIVE_INFINITY);
}

/** The fold, said over the history at once: columns of the whole row as they came, then those that came alone. */
function foldOf(events: readonly Event[], soft: boolean): Row | undefined {
  const puts = events.filter((event) => event.kind === 'put');
  const patches = events.filter((event) => event.kind === 'patch');
  const end = newest(events.filter(({ kind }) => kind === 'delete' || kind === 'truncate'));
  const fatal = soft ? Number.NEGATIVE_INFINITY : end;
  const whole = puts.find(({ time }) => time === newest(puts) && time > fatal);
  const since = whole?.time ?? Number.NEGATIVE_INFINITY;
  const living = columns
    .map((name) => [name, newest(patches.filter(({ names }) => names.includes(name)))] as const)
    .filter(([, time]) => time > fatal && time > since);
  if (whole === undefined && living.length === 0) return undefined;
  const alone = new Set<string>(living.map(([name]) => name));
  return {
    version: whole === undefined ? noVersion : at(whole.time),
    patches: new Map(living.map(([name, time]) => [name, at(time)])),
    deleted: soft && end >= since && living.every(([, time]) => end >= time),
    content: new Map([...(whole?.names.filter((name) => !alone.has(name)).map((name) => [name, whole.time] as const) ?? []), ...living]),
  };
}

const names = fc.shuffledSubarray([...columns], { minLength: 1 });
const event = (time: number): fc.Arbitrary<Event> =>
  fc.oneof(
    names.map((some): Event => ({ kind: 'put', time, names: some })),
    names.map((some): Event => ({ kind: 'patch', time, names: some })),
    names.map((some): Event => ({ kind: 'patch', time, names: some })),
    fc.constant<Event>({ kind: 'delete', time }),
    fc.constant<Event>({ kind: 'truncate', time }),
  );

/** A history, and its events as they come: each at least once, in any order. */
const deliveries = fc
  .integer({ min: 1, max: 8 })
  .chain((length) =>
    fc
      .tuple(...Array.from({ length }, (_, time) => event(time)))
      .chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray([...events, ...events], { minLength: length }))),
  );

function plain(row: Row | undefined) {
  return row && { ...row, patches: new Map([...row.patches].sort()), content: [...row.content] };
}

describe.for([false, true])('soft deletes: %s', (soft) => {
  test('any order and repetition of a history ends in its fold, its columns in one order', () => {
    fc.assert(
      fc.property(deliveries, ([events, arriving]) => {
        const key: Key = { row: undefined, tombstone: undefined, floor: undefined };
        const missing = events.filter((one) => !arriving.includes(one));
        for (const one of [...arriving, ...missing]) apply(key, one, soft);
        expect(plain(key.row)).toEqual(plain(foldOf(events, soft)));
      }),
      { numRuns: 3_000, seed: 20_261_121 },
    );
  });

  test('what changes nothing is superseded, and what is superseded changes nothing', () => {
    fc.assert(
      fc.property(deliveries, ([, arriving]) => {
        const key: Key = { row: undefined, tombstone: undefined, floor: undefined };
        for (const one of arriving) {
          const before = { ...key };
          const decision = apply(key, one, soft);
          if (decision?.applied === false) expect(key).toEqual(before);
          if (decision?.applied === true) expect(key).not.toEqual(before);
          const again = apply({ ...key }, one, soft);
          if (again !== undefined) expect(again, 'a replay').toEqual({ applied: false, row: 'leave' });
        }
      }),
      { numRuns: 1_000, seed: 20_261_121 },
    );
  });
});

describe('ties', () => {
  test.for([
    ['a delete wins over a put', { kind: 'put', version: at(5) }, { kind: 'delete', version: at(5) }, undefined],
    ['a delete wins over a patch', { kind: 'patch', version: at(5), names: ['a'] }, { kind: 'delete', version: at(5) }, undefined],
    ['a put wins over a patch', { kind: 'patch', version: at(5), names: ['a'] }, { kind: 'put', version: at(5) }, at(5)],
  ] as const)('%s, whichever comes first', ([, first, second, version]) => {
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      const key: Key = { row: undefined, tombstone: undefined, floor: undefined };
      for (const incoming of order) {
        const decision = decide(key, incoming, false);
        carryOut(key, decision.row, new Map());
        key.tombstone = decision.tombstone ?? key.tombstone;
      }
      expect(key.row?.version).toEqual(version);
      expect(key.row?.patches.size ?? 0).toBe(0);
    }
  });
});

describe('where a column comes from', () => {
  test.for([
    ['listed as taken', { kept: 'all', taken: ['a'] }, 'incoming'],
    ['listed as kept', { kept: ['a'], taken: 'all' }, 'stored'],
    ['of a whole row', { kept: ['b'], taken: 'all' }, 'incoming'],
    ['left alone', { kept: 'all', taken: ['b'] }, 'stored'],
    ['on neither side', { kept: ['b'], taken: [] }, 'none'],
  ] as const)('%s', ([, choice, source]) => expect(sourceOf('a', choice)).toBe(source));
});

describe('cdc_partial', () => {
  test('comes back as it was, of any names', () => {
    const version = fc.record({ time: fc.maxSafeInteger(), seq: fc.bigInt({ min: 0n, max: 10n ** 65n - 1n }).map(String) });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary' }), version)), (entries) => {
        const patches = new Map(entries);
        expect(patchesOfText(patchesText(patches))).toEqual(patches);
      }),
    );
    expect(patchesText(new Map())).toBeNull();
    expect(patchesText(new Map([['a', at(5, '12')]]))).toBe('{"a":[5,"12"]}');
    expect([...patchesOfText('{"__proto__":[1,"2"],"b":null,"c":["x"]}')]).toEqual([['__proto__', at(1, '2')]]);
  });
});

describe('members of a JSON object', () => {
  test('are moved, not read: any value comes back as its text', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.json())), fc.constantFrom('', ' ', '\n\t'), (entries, gap) => {
        const members = new Map(entries);
        const json = `${gap}{${gap}${[...members].map(([name, value]) => `${JSON.stringify(name)}${gap}:${gap}${value}${gap}`).join(`,${gap}`)}}${gap}`;
        expect(membersOf(json)).toEqual(members);
        expect(membersOf(objectText(members))).toEqual(members);
      }),
    );
  });

  test('keep the digits of numbers, and the last of two that share a name', () => {
    const digits = valueToJson(new ExactNumber('0.12345678901234567890123456789012345678'), { numbers: 'exact' });
    expect([...membersOf(`{"n":1,"x":{"}":"]{"},"n":${digits}}`)]).toEqual([
      ['n', digits],
      ['x', '{"}":"]{"}'],
    ]);
    for (const none of ['', '[]', 'null', '"{}"', '{}']) expect(membersOf(none).size).toBe(0);
  });
});
