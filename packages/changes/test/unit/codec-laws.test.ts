// What holds for every codec: total, pure, described as JSON lines.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { autoCodec, type Codec, codecByName, codecs, type RawRecord, rawRecord } from '../../src/index.ts';
import { edited, edits, replaceAt } from '../support/mutations.ts';
import { exampleOf, opslog, placeOf, realRecords, recordOf, sequence } from '../support/records.ts';
import { isTotal } from '../support/totality.ts';

const policies = [
  { numbers: 'exact', drop: ['device'], rename: { id: 'key' } },
  { numbers: 'double-or-text', drop: [], rename: {} },
] as const;

const answers = (codec: Codec, record: RawRecord): void => isTotal(codec, record, policies);

const known: readonly RawRecord[] = [...realRecords, ...codecs.flatMap((codec) => codec.examples.map(exampleOf))];
const real = fc.nat(known.length - 1).map((at) => known[at] ?? recordOf('{}'));
/** The partition key is read too: the record's own, changed, or any text. */
const withKey = (record: RawRecord, bytes: Uint8Array, key: string): RawRecord => rawRecord({ ...placeOf(record), bytes, partitionKey: key });
const keyOf = (record: RawRecord): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(record.partitionKey),
    edits.map((changes) => Buffer.from(edited(Buffer.from(record.partitionKey), changes)).toString()),
    fc.json(),
    fc.string(),
  );
const mutated = real.chain((record) => fc.tuple(edits, keyOf(record)).map(([changes, key]) => withKey(record, edited(record.bytes(), changes), key)));
const typed = fc.constantFrom<unknown[]>(
  { N: '1E9' },
  { N: 1.5 },
  { N: '' },
  { S: null },
  { M: {} },
  { M: null },
  { NS: [1, '2'] },
  { NULL: false },
  '',
  0,
  -1,
  1e300,
  null,
  [],
  {},
);
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return {};
  }
}
const replaced = fc
  .tuple(real, fc.nat(80), fc.oneof(typed, fc.jsonValue()))
  .chain(([record, place, value]) =>
    keyOf(record).map((key) => withKey(record, Buffer.from(JSON.stringify(replaceAt(parsed(record.bytes()), place, value))), key)),
  );

describe.each([...codecs, autoCodec()].map((codec) => [codec.name, codec] as const))('%s', (_, codec) => {
  it('answers whatever the bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from)), (bytes) => answers(codec, rawRecord({ bytes, sequence }))),
      { numRuns: 1000, examples: [[new Uint8Array()], [Buffer.from('\ufeff{}')], [Buffer.from('[['.repeat(1e6))], [Buffer.from('{"__proto__":null}')]] },
    );
  });

  it('answers real records with a few bytes changed', () => {
    fc.assert(
      fc.property(mutated, (record) => answers(codec, record)),
      { numRuns: 1500 },
    );
  });

  it('answers real records with a value exchanged', () => {
    fc.assert(
      fc.property(replaced, (record) => answers(codec, record)),
      { numRuns: 1500 },
    );
  });

  it('answers whatever place in the stream a record has', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.bigInt().map(String)), fc.oneof(fc.integer(), fc.double()), (place, subSequence) =>
        answers(codec, rawRecord({ bytes: Buffer.from(opslog[0] ?? ''), sequence: place, subSequence })),
      ),
    );
  });

  it('recognises and decodes its own examples', () => {
    for (const example of codec.examples) {
      const record = exampleOf(example);
      expect([example.title, codec.recognises(record), codec.decode(record).kind]).toEqual([example.title, true, expect.stringMatching(/changes|ignored/)]);
    }
  });
});

describe('codecByName', () => {
  it('finds each codec and nothing else', () => {
    for (const codec of codecs) expect(codecByName(codec.name)).toBe(codec);
    expect(codecByName('dynamodb')?.name).toBe('dynamodb');
    for (const name of ['', 'DynamoDB', 'constructor', 'nope']) expect(codecByName(name)).toBeUndefined();
  });
});
