// What holds for every codec: total, pure, described as JSON lines; and how `auto` chooses.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  autoCodec,
  type Codec,
  type CodecExample,
  codecByName,
  codecs,
  type Decoded,
  describeDecoded,
  dynamodbCodec,
  type RawRecord,
  rawRecord,
} from '../../src/index.ts';
import { change, opslog, realRecords, recordOf, sequence } from '../support/records.ts';

const policies = [
  { numbers: 'exact', drop: ['device'], rename: { id: 'key' } },
  { numbers: 'double-or-text', drop: [], rename: {} },
] as const;

/** Looks into everything a decoded record offers; throws where something is not as promised. */
function lookInto(decoded: Decoded): void {
  for (const line of describeDecoded(decoded)) {
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toHaveProperty('kind');
  }
  if (decoded.kind === 'undecodable') expect(decoded.error.message).not.toBe('');
  if (decoded.kind !== 'changes') return;
  for (const event of decoded.events) {
    expect(Number.isSafeInteger(event.version.time)).toBe(true);
    expect(event.version.seq).toMatch(/^(0|[1-9]\d{0,64})$/);
    if (event.kind === 'truncate') continue;
    for (const row of [event.after, event.before]) {
      row?.values();
      for (const policy of policies) JSON.parse(row?.json(policy) ?? 'null');
    }
  }
}

function isTotal(codec: Codec, record: RawRecord): void {
  const decoded = codec.decode(record);
  lookInto(decoded);
  expect(describeDecoded(codec.decode(record))).toEqual(describeDecoded(decoded));
  codec.recognises(record);
}

type Tree = { [name: string]: unknown };

/** Puts another value at one of the places of a parsed record. */
function replaceAt(tree: unknown, place: number, value: unknown): unknown {
  let left = place;
  const walk = (node: unknown): unknown => {
    left -= 1;
    if (left === -1) return value;
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node as Tree).map(([name, inner]) => [name, walk(inner)]));
  };
  return walk(tree);
}

const exampleOf = ({ text, ...place }: CodecExample): RawRecord => rawRecord({ ...place, bytes: Buffer.from(text) });
const known: readonly RawRecord[] = [...realRecords, ...codecs.flatMap((codec) => codec.examples.map(exampleOf))];
const real = fc.nat(known.length - 1).map((at) => known[at]?.bytes() ?? new Uint8Array());
const edited = fc
  .tuple(real, fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.uint8Array({ maxLength: 4 })), { minLength: 1, maxLength: 4 }))
  .map(([bytes, edits]) => {
    let mutated = Buffer.from(bytes);
    for (const [where, removed, added] of edits) {
      const at = where % (mutated.length + 1);
      mutated = Buffer.concat([mutated.subarray(0, at), added, mutated.subarray(at + removed)]);
    }
    return mutated;
  });
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
  .map(([bytes, place, value]) => Buffer.from(JSON.stringify(replaceAt(parsed(bytes), place, value))));

describe.each([...codecs, autoCodec()].map((codec) => [codec.name, codec] as const))('%s', (_, codec) => {
  it('answers whatever the bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from)), (bytes) => isTotal(codec, rawRecord({ bytes, sequence }))),
      { numRuns: 1000, examples: [[new Uint8Array()], [Buffer.from('\ufeff{}')], [Buffer.from('[['.repeat(1e6))], [Buffer.from('{"__proto__":null}')]] },
    );
  });

  it('answers real records with a few bytes changed', () => {
    fc.assert(
      fc.property(edited, (bytes) => isTotal(codec, rawRecord({ bytes, sequence }))),
      { numRuns: 1500 },
    );
  });

  it('answers real records with a value exchanged', () => {
    fc.assert(
      fc.property(replaced, (bytes) => isTotal(codec, rawRecord({ bytes, sequence }))),
      { numRuns: 1500 },
    );
  });

  it('answers whatever place in the stream a record has', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.bigInt().map(String)), fc.oneof(fc.integer(), fc.double()), (place, subSequence) =>
        isTotal(codec, rawRecord({ bytes: Buffer.from(opslog[0] ?? ''), sequence: place, subSequence })),
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

describe('auto', () => {
  it.each(codecs.filter(({ name }) => name !== 'rows').flatMap(({ name, examples }) => examples.map((example) => [name, example.title, example] as const)))(
    'reads %s: %s as nothing else, in a stream of its own and after any other format',
    (name, _title, example) => {
      const record = exampleOf(example);
      const wanted = describeDecoded(codecs.find((codec) => codec.name === name)?.decode(record) ?? { kind: 'ignored', reason: 'no codec' });
      expect(describeDecoded(autoCodec().decode(record))).toEqual(wanted);
      for (const other of codecs) {
        const auto = autoCodec();
        for (const before of other.examples) auto.decode({ ...exampleOf(before), shard: { stream: example.stream ?? '' } });
        expect([other.name, describeDecoded(auto.decode(record))]).toEqual([other.name, wanted]);
      }
    },
  );

  it('reads the records of real streams', () => {
    for (const record of realRecords) expect([dynamodbCodec.recognises(record), autoCodec().decode(record).kind]).toEqual([true, 'changes']);
  });

  it('says once for each stream what it chose', () => {
    const said: unknown[] = [];
    const auto = autoCodec({ onChosen: (choice) => said.push(choice) });
    const of = (stream: string) => ({ ...recordOf(opslog[0]), shard: { stream } });
    for (const stream of ['a', 'b', 'a', 'b']) auto.decode(of(stream));
    expect(said).toEqual([
      { stream: 'a', format: 'dynamodb' },
      { stream: 'b', format: 'dynamodb' },
    ]);
  });

  it.each<[unknown, string]>([
    ['', 'EMPTY'],
    ['{"a":', 'NOT_JSON'],
    ['{"a":1}', 'UNKNOWN_FORMAT'],
    [change({ eventName: 'FOOBAR' }), 'BROKEN_RECORD'],
  ])('%j: %s, before and after a record it knows', (content, code) => {
    const auto = autoCodec();
    const before = auto.decode(recordOf(content));
    expect(before).toMatchObject({ kind: 'undecodable', error: { code } });
    expect(auto.decode(recordOf(opslog[0])).kind).toBe('changes');
    // To the word: whoever comes next must not be judged by the last one's format alone.
    expect(auto.decode(recordOf(content))).toEqual(before);
  });

  it('says which formats there are', () => {
    expect(describeDecoded(autoCodec().decode(recordOf('{}'))).join()).toContain('dynamodb');
  });

  it('asks a record for its text once while the format stays', () => {
    const auto = autoCodec();
    auto.decode(recordOf(opslog[0]));
    let asked = 0;
    const record = recordOf(opslog[1]);
    auto.decode({
      ...record,
      text: () => {
        asked += 1;
        return record.text();
      },
    });
    expect(asked).toBe(1);
  });
});

describe('codecByName', () => {
  it('finds each codec and nothing else', () => {
    for (const codec of codecs) expect(codecByName(codec.name)).toBe(codec);
    expect(codecByName('dynamodb')?.name).toBe('dynamodb');
    for (const name of ['', 'DynamoDB', 'constructor', 'nope']) expect(codecByName(name)).toBeUndefined();
  });
});
