// Laws of the suite about dead letters. They ask for two stores over one place, and for no sink: whatever keeps letters may
// be tried.
import assert from 'node:assert/strict';
import type { DeadLetter, DeadLetterStore } from '../types.ts';
import { type Law, neverAborted } from './law.ts';

type Stores = readonly [DeadLetterStore, DeadLetterStore];

export interface LetterLaw {
  readonly name: string;
  /** Two stores over one empty place; they may be the same. */
  readonly holds: (stores: Stores) => Promise<void>;
}

/** A letter that holds what every store can keep as it is. */
export const plainLetter: DeadLetter = {
  id: 'orders/shardId-000000000000/49590338271490256608559692538361571095921575989136588898/0/0',
  failedAtMs: 1_800_000_000_123,
  application: 'orders-to-somewhere',
  worker: 'worker-1',
  stream: 'orders',
  shard: 'shardId-000000000000',
  sequence: '49590338271490256608559692538361571095921575989136588898',
  subSequence: 7,
  arrivalMs: 1_799_999_999_999,
  partitionKey: undefined,
  stage: 'write',
  sink: 'main',
  target: 'public.orders',
  key: '{"id":"O\'Brien"}',
  errorCode: '22P05',
  errorMessage: 'unsupported Unicode escape sequence: "\\u0000"\n\tand a 😀, a ü and a \\',
  attempts: 3,
  raw: Uint8Array.from({ length: 256 }, (_, byte) => byte),
  event: '{"kind":"insert","n":12345678901234567890123456789012345678}',
};

const bare: DeadLetter = {
  ...plainLetter,
  id: 'bare',
  stage: 'decode',
  sink: undefined,
  target: undefined,
  key: undefined,
  event: undefined,
  raw: new Uint8Array(0),
};

/** Letters as comparison wants them: whatever class of bytes a driver gives. */
function plainBytes(letter: DeadLetter | undefined): unknown {
  return letter === undefined ? undefined : { ...letter, partitionKey: letter.partitionKey, raw: Buffer.from(letter.raw).toString('base64') };
}

/** Stores whose texts cannot hold NUL write it as JSON does; those that keep UTF-8 put U+FFFD for half a surrogate pair. */
function normalised(letter: DeadLetter | undefined): unknown {
  const fields = Object.entries(letter ?? {}).filter(([name]) => name !== 'raw');
  return fields.map(([name, value]) => [name, typeof value === 'string' ? value.toWellFormed().replaceAll('\u0000', '\\u0000') : value]);
}

async function sameLetter(store: DeadLetterStore, letter: DeadLetter): Promise<void> {
  assert.deepEqual(plainBytes(await store.find(letter.id, neverAborted)), plainBytes(letter));
}

const keptOnce: LetterLaw = {
  name: 'a dead letter is kept once, and every field comes back as it was',
  async holds([first, second]) {
    assert.equal(await first.count(neverAborted), 0);
    assert.deepEqual(await first.page({ limit: 10 }, neverAborted), []);
    await first.put([], neverAborted);
    await first.put([plainLetter, bare, { ...bare, attempts: 9 }], neverAborted);
    await second.put([{ ...plainLetter, attempts: 2, errorMessage: 'again' }], neverAborted);
    await first.put(
      [
        { ...plainLetter, sink: 'other' },
        { ...bare, id: 'third' },
      ],
      neverAborted,
    );
    assert.equal(await second.count(neverAborted), 3);
    for (const store of [first, second]) {
      await sameLetter(store, plainLetter);
      await sameLetter(store, bare);
    }
    assert.equal(await first.find('nobody', neverAborted), undefined);
    const page = await second.page({ limit: 10 }, neverAborted);
    assert.deepEqual(page.map(plainBytes), [bare, plainLetter, { ...bare, id: 'third' }].map(plainBytes));
    const rest = await first.page({ limit: 1, after: 'bare' }, neverAborted);
    assert.deepEqual(rest.map(plainBytes), [plainBytes(plainLetter)]);
  },
};

const keepsPartitionKeys: LetterLaw = {
  name: 'a dead letter keeps the partition key of its record, also an empty one, and one without stays without',
  async holds([first, second]) {
    const keys = [undefined, '', '{"id":1001}', `O'Brien ü 😀 ${'k'.repeat(3_000)}`];
    const letters = keys.map((partitionKey, index) => ({ ...plainLetter, id: `partition/${index}`, partitionKey }));
    await first.put(letters, neverAborted);
    await second.put(
      letters.map((letter) => ({ ...letter, partitionKey: 'of another attempt' })),
      neverAborted,
    );
    for (const letter of letters) await sameLetter(second, letter);
    assert.deepEqual((await second.page({ limit: 10 }, neverAborted)).map(plainBytes), letters.map(plainBytes));
  },
};

/** Keys that some places cannot hold, each beside what it would be taken for if it were changed. */
const hardPartitionKeys = ['a\u0000b', 'a\\u0000b', 'ab', '\u0000', 'a\ud800', '\udc00b', 'a\ufffd', '\ufffdb'];

const noOtherPartitionKey: LetterLaw = {
  name: 'no dead letter comes back with another partition key: one with NUL or half a surrogate pair is there as it was, or absent',
  async holds([first, second]) {
    const letters = hardPartitionKeys.map((partitionKey, index) => ({ ...plainLetter, id: `hard/${index}`, partitionKey }));
    await first.put(letters, neverAborted);
    for (const letter of letters) {
      const found = await second.find(letter.id, neverAborted);
      const mayBeAbsent = letter.partitionKey.includes('\u0000') || !letter.partitionKey.isWellFormed();
      const wanted = mayBeAbsent && found?.partitionKey === undefined ? undefined : letter.partitionKey;
      assert.deepEqual(plainBytes(found), plainBytes({ ...letter, partitionKey: wanted }));
    }
  },
};

const hostileLetters: LetterLaw = {
  name: 'no dead letter is refused for what it holds: NUL, lone surrogates, long texts, many bytes',
  async holds([first, second]) {
    const megabyte = Uint8Array.from({ length: 1_048_576 }, (_, index) => (index * 7) % 256);
    const hostile: DeadLetter = {
      ...plainLetter,
      id: 'hostile',
      application: 'NUL \u0000',
      worker: '\ud800 lone',
      target: '\u0000',
      key: '{"id":"a\u0000\udc00"}',
      errorCode: 'MONGO 302776349',
      errorMessage: `NUL \u0000, \\u0000 and a lone \ud800 surrogate ${'long '.repeat(10_000)}`,
      raw: megabyte,
      event: `{"kind":"insert","text":"\\u0000","long":"${'x'.repeat(100_000)}"}`,
    };
    await first.put([bare, hostile, { ...bare, id: 'other' }], neverAborted);
    assert.equal(await second.count(neverAborted), 3);
    const found = await second.find('hostile', neverAborted);
    assert.deepEqual(normalised(found), normalised(hostile));
    assert.ok(found !== undefined && Buffer.from(found.raw).equals(megabyte));
  },
};

const lettersInPages: LetterLaw = {
  name: 'many dead letters are read page by page in the order of their ids, also while some of them go',
  async holds([first, second]) {
    const ids = Array.from({ length: 1_200 }, (_, index) => {
      const odd = ['a', 'B', 'b', '-', '/', '_', '~', '0'][index % 8];
      return `${odd}${odd === '0' ? '' : odd}/${String((index * 7_919) % 10_007).padStart(5, '0')}`;
    });
    const all = ids.map((id) => ({ ...bare, id }));
    await Promise.all([first.put(all, neverAborted), second.put(all.slice(300, 600), neverAborted)]);
    assert.equal(await second.count(neverAborted), ids.length);
    const sorted = [...ids].sort();
    const read: string[] = [];
    for (let after: string | undefined; read.length < ids.length; after = read.at(-1)) {
      const page = await second.page({ limit: 500, ...(after === undefined ? {} : { after }) }, neverAborted);
      assert.ok(page.length > 0 && page.length <= 500, `a page of ${page.length} after ${read.length}`);
      read.push(...page.map(({ id }) => id));
      // The letter that the next page begins after is gone by then.
      assert.equal(await first.discard([read.at(-1) ?? ''], neverAborted), 1);
    }
    assert.deepEqual(read, sorted);
    const last = await second.page({ limit: 500, after: sorted.at(-1) ?? '' }, neverAborted);
    assert.deepEqual(last, []);
    assert.equal(await second.count(neverAborted), ids.length - 3);
    assert.deepEqual(
      (await first.page({ limit: 2, after: '0' }, neverAborted)).map(({ id }) => id),
      sorted.filter((id) => id > '0').slice(0, 2),
    );
    assert.equal(await second.discard(ids, neverAborted), ids.length - 3);
    assert.equal(await first.count(neverAborted), 0);
  },
};

const discarded: LetterLaw = {
  name: 'a discarded dead letter is gone, is counted if it was there, and may come again',
  async holds([first, second]) {
    await first.put([plainLetter, bare], neverAborted);
    assert.equal(await first.discard([], neverAborted), 0);
    assert.equal(await second.discard(['bare', 'bare', 'nobody'], neverAborted), 1);
    assert.equal(await second.discard(['bare'], neverAborted), 0);
    assert.equal(await first.find('bare', neverAborted), undefined);
    assert.equal(await first.count(neverAborted), 1);
    await sameLetter(first, plainLetter);
    await second.put([{ ...bare, attempts: 9 }], neverAborted);
    await sameLetter(first, { ...bare, attempts: 9 });
  },
};

/** For stores that are no sinks; `sinkConformance` has them for those that are. */
export const letterStoreLaws: readonly LetterLaw[] = [keptOnce, keepsPartitionKeys, noOtherPartitionKey, hostileLetters, lettersInPages, discarded];

export const letterLaws: readonly Law[] = letterStoreLaws.map(({ name, holds }) => ({
  name,
  holds: ({ sinks: [first, second] }) => holds([first.deadLetters(), second.deadLetters()]),
}));
