// What must hold for the debezium and mongodb codecs whatever a record holds: an answer, whose images can be looked into.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { debeziumCodec } from '../../src/debezium/codec.ts';
import { describeDecoded, type RawRecord, rawRecord } from '../../src/index.ts';
import { mongodbCodec } from '../../src/mongodb/codec.ts';
import { sequence } from '../support/records.ts';

const policy = { numbers: 'double-or-text', drop: ['id'], rename: { price: 'cost' } } as const;

type Tree = { readonly [name: string]: unknown };

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

const edits = fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.uint8Array({ maxLength: 4 })), { minLength: 1, maxLength: 4 });
const strange = fc.constantFrom<unknown>(
  ...[{ toString: 1, valueOf: 1 }, ['a'], {}, [], null, true, '', 'x', -1, 1.5, 1e300],
  ...[{ $numberLong: 'x' }, { $date: {} }, { $binary: null }, { $timestamp: { t: 'a', i: {} } }, { scale: 1, value: '*' }],
);

function edited(text: string, changes: readonly (readonly [number, number, Uint8Array])[]): Uint8Array {
  let bytes = Buffer.from(text);
  for (const [where, removed, added] of changes) {
    const at = where % (bytes.length + 1);
    bytes = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);
  }
  return bytes;
}

describe.each([debeziumCodec, mongodbCodec])('$name', (codec) => {
  const example = fc.constantFrom(...codec.examples);

  function isTotal(record: RawRecord): void {
    codec.recognises(record);
    const decoded = codec.decode(record);
    for (const line of describeDecoded(decoded)) expect(JSON.parse(line)).toHaveProperty('kind');
    if (decoded.kind !== 'changes') return;
    for (const event of decoded.events) {
      expect(Number.isSafeInteger(event.version.time)).toBe(true);
      expect(event.version.seq).toMatch(/^(0|[1-9]\d{0,64})$/);
      if (event.kind === 'truncate') continue;
      for (const row of [event.after, event.before]) {
        row?.values();
        JSON.parse(row?.json(policy) ?? 'null');
      }
    }
  }

  it('answers its examples with a few bytes changed, in the record or in its partition key', () => {
    fc.assert(
      fc.property(example, edits, fc.boolean(), ({ text, partitionKey = '' }, changes, ofKey) => {
        const bytes = ofKey ? Buffer.from(text) : edited(text, changes);
        isTotal(rawRecord({ bytes, sequence, partitionKey: ofKey ? Buffer.from(edited(partitionKey, changes)).toString() : partitionKey }));
      }),
      { numRuns: 1500 },
    );
  });

  it('answers its examples with a value exchanged', () => {
    fc.assert(
      fc.property(example, fc.nat(120), fc.oneof(strange, fc.jsonValue()), ({ text, partitionKey = '' }, place, value) => {
        isTotal(rawRecord({ bytes: Buffer.from(JSON.stringify(replaceAt(JSON.parse(text), place, value))), sequence, partitionKey }));
      }),
      { numRuns: 3000 },
    );
  });

  it('answers whatever the bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from)), (bytes) => isTotal(rawRecord({ bytes, sequence }))),
      { examples: [[new Uint8Array()], [Buffer.from('[['.repeat(1e6))], [Buffer.from('{"op":"c","source":{"connector":"mongodb"}}')]] },
    );
  });
});
