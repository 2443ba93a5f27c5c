// The walk over a GetRecords answer in CBOR: every way to write it gives the same page, and what is broken gives none.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CborError } from '../../../src/kinesis/wire/cbor.ts';
import { parseCborAnswer } from '../../../src/kinesis/wire/cbor-answer.ts';
import type { Page } from '../../../src/source/service.ts';
import { answerItem, arrivalMs, bytesOnly, type Plain, plainOf, plainRecord, recordItem, shard } from './answers.ts';
import { choicesFrom, encode, Float, Tagged, Verbatim } from './encoder.ts';

const one = plainRecord('49', 'hello wörld');
const parse = (item: unknown): Page => parseCborAnswer(shard, encode(item));
const withRecord = (more: Readonly<Record<string, unknown>>) => answerItem([], { Records: [{ ...recordItem(one), ...more }] });
const hex = (text: string) => new Verbatim(Buffer.from(text, 'hex'));

/** A copy with memory of its own, and not of Node's pool. */
const owned = (bytes: Uint8Array): Buffer => Buffer.from(Uint8Array.from(bytes).buffer);

function failure(run: () => unknown): CborError {
  try {
    run();
  } catch (error) {
    if (error instanceof CborError) return error;
    throw error;
  }
  throw new Error('it was read');
}

describe('what encoders write', () => {
  test.each<[string, Record<string, unknown>]>([
    ['AWS: bytes, milliseconds under tag 1', {}],
    ['base64 as text', { Data: Buffer.from(one.data).toString('base64') }],
    ['milliseconds without a tag', { ApproximateArrivalTimestamp: arrivalMs }],
    ['milliseconds as a float', { ApproximateArrivalTimestamp: new Float(arrivalMs) }],
    ['seconds as a float', { ApproximateArrivalTimestamp: new Float(arrivalMs / 1000) }],
    ['seconds as a float under tag 1', { ApproximateArrivalTimestamp: new Tagged(1, new Float(arrivalMs / 1000)) }],
    ['an encryption type', { EncryptionType: 'NONE' }],
    ['a null for what is not there', { EncryptionType: null }],
    ['a tag before bytes', { Data: new Tagged(24, one.data) }],
    [
      'unknown things of every type',
      { Things: [1, -1, 0.5, true, null, undefined, 'text', new Uint8Array(3), { a: [{}] }, new Tagged(7, []), hex('f820'), hex('f97e00')] },
    ],
  ])('%s', (_name, more) => {
    const page = parse(withRecord(more));
    expect(plainOf(page)).toEqual(bytesOnly([one]));
    expect(page.records[0]?.text()).toBe('hello wörld');
    expect(page.records[0]).toMatchObject({ shard, subSequence: 0 });
    expect(page).toMatchObject({ next: 'next', behindLatestMs: 7 });
    expect(page).not.toHaveProperty('children');
  });

  test('a payload has memory of its own, whatever becomes of the answer', () => {
    const bytes = owned(encode(answerItem([one])));
    const payload = parseCborAnswer(shard, bytes).records[0]?.bytes();
    bytes.fill(0);
    expect(Buffer.from(payload ?? []).toString()).toBe('hello wörld');
  });

  test('keys that are no texts are passed', () => {
    const item = new Map<unknown, unknown>([[1, 'one'], [new Uint8Array(7), 'seven bytes'], [[], {}], ...Object.entries(answerItem([one]))]);
    expect(plainOf(parse(item))).toEqual(bytesOnly([one]));
  });

  test.each(['SequenceNumber', 'PartitionKey', 'Data', 'ApproximateArrivalTimestamp'])('a key that differs from %s in one letter is another', (key) => {
    for (let at = 0; at < key.length; at += 1) {
      const other = `${key.slice(0, at)}_${key.slice(at + 1)}`;
      expect(plainOf(parse(withRecord({ [other]: 'no' })))).toEqual(bytesOnly([one]));
    }
  });

  test.each<[string, unknown, number]>([
    ['nothing', undefined, 0],
    ['null', null, 0],
    ['a float', new Float(12.5), 12.5],
    ['a half float', hex('f95640'), 100],
    ['a single float', hex('fa42c80000'), 100],
    ['a 64-bit integer', hex('1b00000000000f4240'), 1_000_000],
    ['a server whose clock is behind', -5, 0],
  ])('how far behind, written as %s', (_name, value, behindLatestMs) => {
    expect(parse(answerItem([], { MillisBehindLatest: value })).behindLatestMs).toBe(behindLatestMs);
  });

  test('the end of a shard has no next iterator, and children', () => {
    const child = (id: string, range: object | null) => ({ ShardId: id, ParentShards: ['shardId-0', 'shardId-1'], HashKeyRange: range });
    const range = { StartingHashKey: '0', EndingHashKey: '170141183460469231731687303715884105727' };
    const page = parse(answerItem([one], { NextShardIterator: null, ChildShards: [child('shardId-2', range), child('shardId-3', null)] }));
    expect(page.next).toBeUndefined();
    expect(page.children).toEqual([
      { shardId: 'shardId-2', parents: ['shardId-0', 'shardId-1'], hashRange: { start: '0', end: range.EndingHashKey } },
      { shardId: 'shardId-3', parents: ['shardId-0', 'shardId-1'] },
    ]);
  });

  test.each([[null], [[]]])('no children, written as %j', (children) => {
    expect(parse(answerItem([one], { ChildShards: children }))).not.toHaveProperty('children');
  });

  test('records that are null are none', () => {
    expect(parse(answerItem([], { Records: null })).records).toEqual([]);
  });

  test('it counts the answer and each record', () => {
    const few = encode(answerItem([one]));
    const many = encode(answerItem([one, one, one]));
    const perRecord = parseCborAnswer(shard, few).retainedBytes - few.length;
    expect(perRecord).toBeGreaterThan(100);
    expect(parseCborAnswer(shard, many).retainedBytes).toBe(many.length + 3 * perRecord);
  });
});

describe('what is not read', () => {
  const deep = hex('81'.repeat(5_000));
  test.each<[string, unknown]>([
    ['JSON', new Verbatim(Buffer.from(JSON.stringify({ Records: [] })))],
    ['XML', new Verbatim(Buffer.from('<Error/>'))],
    ['a list', [1]],
    ['something behind the answer', new Verbatim(Buffer.concat([encode(answerItem([one])), Buffer.from('\n')]))],
    ['no records', { NextShardIterator: 'next', MillisBehindLatest: 0 }],
    ['records twice', new Verbatim(Buffer.concat([hex('a2').bytes, encode('Records'), hex('80').bytes, encode('Records'), hex('80').bytes]))],
    ['records that are no list', answerItem([], { Records: {} })],
    ['a record that is no map', answerItem([], { Records: ['record'] })],
    ['a record without a sequence', withRecord({ SequenceNumber: null })],
    ['a sequence of bytes', withRecord({ SequenceNumber: new Uint8Array(2) })],
    ['a key that is a number', withRecord({ PartitionKey: 7 })],
    ['a payload that is a number', withRecord({ Data: 7 })],
    ['an arrival that is a text', withRecord({ ApproximateArrivalTimestamp: '2026-01-01T00:00:00Z' })],
    ['an arrival that is not a number', withRecord({ ApproximateArrivalTimestamp: new Float(Number.NaN) })],
    ['an arrival without end', withRecord({ ApproximateArrivalTimestamp: hex('f97c00') })],
    ['an iterator that is a number', answerItem([], { NextShardIterator: 7 })],
    ['a child without a name', answerItem([], { ChildShards: [{ ParentShards: [] }] })],
    ['a child without parents', answerItem([], { ChildShards: [{ ShardId: 'shardId-1' }] })],
    ['children that are a map', answerItem([], { ChildShards: {} })],
    ['a reserved length', answerItem([], { Other: hex('1c') })],
    ['an integer of no length', answerItem([], { Other: hex('1f') })],
    ['a break where a value belongs', answerItem([], { Other: hex('ff') })],
    ['a part of another type', answerItem([], { Other: hex('7f4161ff') })],
    ['a part within a part', answerItem([], { Other: hex('7f7f6161ffff') })],
    ['lists in lists without end', answerItem([], { Other: deep })],
    ['children in lists without end', answerItem([], { ChildShards: deep })],
  ])('%s', (_name, item) => {
    expect(failure(() => parse(item)).early).toBe(false);
  });

  test.each<[string, unknown]>([
    ['nothing at all', new Verbatim(Buffer.alloc(0))],
    ['a list of more records than bytes', new Verbatim(Buffer.concat([hex('a1').bytes, encode('Records'), hex('9bffffffffffffffff').bytes]))],
    ['a text of more letters than bytes', new Verbatim(Buffer.concat([hex('a1').bytes, encode('Other'), hex('7bffffffffffffffff').bytes]))],
  ])('%s ends too early', (_name, item) => {
    expect(failure(() => parse(item)).early).toBe(true);
  });
});

const sequences = fc.bigInt({ min: 0n, max: 10n ** 56n }).map(String);
const times = fc.integer({ min: 1e11, max: 4e12 });
const records = fc.record({
  sequence: sequences,
  partitionKey: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  arrivalMs: times,
  data: fc.uint8Array({ maxLength: 300 }),
});
const timeForms: readonly ((ms: number) => unknown)[] = [
  (ms) => ms,
  (ms) => new Tagged(1, ms),
  (ms) => new Float(ms),
  (ms) => new Tagged(1, new Float(ms / 1000)),
];
const unknown = fc.dictionary(
  fc.string({ maxLength: 30 }).map((key) => `x${key}`),
  fc.anything({ maxDepth: 3, withNullPrototype: false, values: [fc.integer(), fc.double(), fc.boolean(), fc.string(), fc.uint8Array(), fc.constant(null)] }),
  { maxKeys: 3 },
);
const entropy = fc.array(fc.nat(), { minLength: 1, maxLength: 200 });

interface Written {
  readonly plain: readonly Plain[];
  readonly bytes: Buffer;
}

function shuffled(item: Record<string, unknown>, choose: (count: number) => number): Record<string, unknown> {
  const entries = Object.entries(item);
  const out: [string, unknown][] = [];
  while (entries.length > 0) out.push(...entries.splice(choose(entries.length), 1));
  return Object.fromEntries(out);
}

/** The same records, written in one of very many ways. */
const written: fc.Arbitrary<Written> = fc.tuple(fc.array(records, { maxLength: 12 }), unknown, entropy).map(([plain, more, choices]) => {
  const choose = choicesFrom(choices);
  const items = plain.map((record) => {
    const time = timeForms[choose(timeForms.length)] ?? timeForms[0];
    const data = choose(4) === 3 ? Buffer.from(record.data).toString('base64') : record.data;
    return shuffled({ ...recordItem(record), ...more, Data: data, ApproximateArrivalTimestamp: time?.(record.arrivalMs) }, choose);
  });
  return { plain, bytes: encode(shuffled({ ...more, Records: items, NextShardIterator: 'next', MillisBehindLatest: 7 }, choose), choose) };
});

describe('laws', () => {
  test('every encoding of the same records gives the same page', () => {
    fc.assert(
      fc.property(written, ({ plain, bytes }) => {
        const page = parseCborAnswer(shard, bytes);
        expect(plainOf(page)).toEqual(bytesOnly(plain));
        expect(page).toMatchObject({ next: 'next', behindLatestMs: 7 });
      }),
    );
  });

  test('an answer cut anywhere gives no page, and is known to end too early', () => {
    fc.assert(
      fc.property(written, fc.nat(), ({ bytes }, at) => {
        const cut = owned(bytes.subarray(0, at % bytes.length));
        expect(failure(() => parseCborAnswer(shard, cut)).early).toBe(true);
      }),
    );
  });

  /** Reads everything there is: of a page that came, all is of its type and inside the answer. */
  function expectWellFormed(bytes: Buffer): void {
    let page: Page;
    try {
      page = parseCborAnswer(shard, bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(CborError);
      return;
    }
    expect(['string', 'undefined']).toContain(typeof page.next);
    expect(page.behindLatestMs).toBeGreaterThanOrEqual(0);
    for (const record of page.records) {
      expect(record.sequence).toBeTypeOf('string');
      expect(record.partitionKey).toBeTypeOf('string');
      expect(Number.isSafeInteger(record.arrivalMs)).toBe(true);
      expect(record.bytes().byteLength).toBeLessThanOrEqual(bytes.byteLength);
      expect(record.text()).toBeTypeOf('string');
    }
  }

  test('a changed byte gives an error or well-formed values', () => {
    fc.assert(
      fc.property(written, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ bytes }, at, change) => {
        const changed = owned(bytes);
        changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ change;
        expectWellFormed(changed);
      }),
      { numRuns: 1_000 },
    );
  });

  test('any bytes give an error or well-formed values', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => expectWellFormed(owned(bytes))),
      { numRuns: 1_000 },
    );
  });
});
