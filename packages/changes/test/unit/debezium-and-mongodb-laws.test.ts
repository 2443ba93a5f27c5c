// What must hold for the debezium and mongodb codecs whatever a record holds: an answer, whose images can be looked into.
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { debeziumCodec } from '../../src/debezium/codec.ts';
import { type RawRecord, rawRecord } from '../../src/index.ts';
import { mongodbCodec } from '../../src/mongodb/codec.ts';
import { edited, edits, replaceAt } from '../support/mutations.ts';
import { sequence } from '../support/records.ts';
import { isTotal } from '../support/totality.ts';

const policy = { numbers: 'double-or-text', drop: ['id'], rename: { price: 'cost' } } as const;

const strange = fc.constantFrom<unknown>(
  ...[{ toString: 1, valueOf: 1 }, ['a'], {}, [], null, true, '', 'x', -1, 1.5, 1e300],
  ...[{ $numberLong: 'x' }, { $date: {} }, { $binary: null }, { $timestamp: { t: 'a', i: {} } }, { scale: 1, value: '*' }],
);

describe.each([debeziumCodec, mongodbCodec])('$name', (codec) => {
  const example = fc.constantFrom(...codec.examples);

  const answers = (record: RawRecord): void => isTotal(codec, record, [policy]);

  it('answers its examples with a few bytes changed, in the record or in its partition key', () => {
    fc.assert(
      fc.property(example, edits, fc.boolean(), ({ text, partitionKey = '' }, changes, ofKey) => {
        const bytes = ofKey ? Buffer.from(text) : edited(Buffer.from(text), changes);
        answers(rawRecord({ bytes, sequence, partitionKey: ofKey ? Buffer.from(edited(Buffer.from(partitionKey), changes)).toString() : partitionKey }));
      }),
      { numRuns: 1500 },
    );
  });

  it('answers its examples with a value exchanged', () => {
    fc.assert(
      fc.property(example, fc.nat(120), fc.oneof(strange, fc.jsonValue()), ({ text, partitionKey = '' }, place, value) => {
        answers(rawRecord({ bytes: Buffer.from(JSON.stringify(replaceAt(JSON.parse(text), place, value))), sequence, partitionKey }));
      }),
      { numRuns: 3000 },
    );
  });

  it('answers whatever the bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from)), (bytes) => answers(rawRecord({ bytes, sequence }))),
      { examples: [[new Uint8Array()], [Buffer.from('[['.repeat(1e6))], [Buffer.from('{"op":"c","source":{"connector":"mongodb"}}')]] },
    );
  });
});
