// Laws of taking aggregates apart: whatever was put together comes apart, and whatever is broken stays whole.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unaggregate } from '../../../src/aggregation/deaggregate.ts';
import { hashRangeOf } from '../../../src/aggregation/hash-range.ts';
import { aggregate } from '../../../src/testing/index.ts';
import { recordOf, recordsToAggregate, shardWith, wrap } from './carriers.ts';

test('what was put together comes apart', () => {
  fc.assert(
    fc.property(recordsToAggregate, (given) => {
      const { records: found } = unaggregate(recordOf(7, aggregate(given)), undefined);
      expect(found.map(({ partitionKey, subSequence, aggregated }) => ({ partitionKey, subSequence, aggregated }))).toEqual(
        given.map(({ partitionKey, explicitHashKey }, subSequence) => ({
          partitionKey,
          subSequence,
          aggregated: { ...(explicitHashKey === undefined ? {} : { explicitHashKey }), outsideShard: false },
        })),
      );
      for (const [index, { data }] of given.entries()) expect(Buffer.compare(found[index]?.bytes() ?? Buffer.from('none'), data)).toBe(0);
    }),
  );
});

test('a record is outside when its number is', () => {
  const number = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
  fc.assert(
    fc.property(recordsToAggregate, number, number, (given, start, end) => {
      const range = hashRangeOf(shardWith(String(start), String(end)));
      const { records: found } = unaggregate(recordOf(7, aggregate(given)), range);
      const expected = given.map(({ partitionKey, explicitHashKey }) => {
        const key = BigInt(explicitHashKey ?? `0x${createHash('md5').update(partitionKey, 'utf8').digest('hex')}`);
        return key < start || key > end;
      });
      expect(found.map((each) => each.aggregated?.outsideShard)).toEqual(expected);
    }),
  );
});

test('with one byte changed it is one record, as it came', () => {
  fc.assert(
    fc.property(recordsToAggregate, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, place, change) => {
      const data = Buffer.from(aggregate(given));
      const at = place % data.length;
      data.writeUInt8(data.readUInt8(at) ^ change, at);
      const carrier = recordOf(7, data);
      const { records: found } = unaggregate(carrier, undefined);
      expect(found).toHaveLength(1);
      expect(found[0]).toBe(carrier);
    }),
  );
});

test('cut anywhere it is one record, as it came', () => {
  fc.assert(
    fc.property(recordsToAggregate, fc.nat(), (given, place) => {
      const data = aggregate(given);
      const carrier = recordOf(7, data.subarray(0, place % data.length));
      const { records: found } = unaggregate(carrier, undefined);
      expect(found).toHaveLength(1);
      expect(found[0]).toBe(carrier);
    }),
  );
});

test('any message with the right digest: never an error, never none, and every payload lies within the message', () => {
  const changed = fc.tuple(recordsToAggregate, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 })).map(([given, changes]) => {
    const message = Buffer.from(aggregate(given)).subarray(4, -16);
    for (const [place, value] of changes) message.writeUInt8(value, place % message.length);
    return message;
  });
  fc.assert(
    fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 60 })), (message) => {
      const carrier = recordOf(7, wrap(message));
      const { records: found } = unaggregate(carrier, undefined);
      expect(found.length).toBeGreaterThan(0);
      if (found[0] === carrier) {
        expect(found).toHaveLength(1);
        return;
      }
      const payloads = found.reduce((sum, each) => sum + each.bytes().byteLength, 0);
      expect(payloads).toBeLessThan(message.byteLength);
      expect(found.map(({ subSequence }) => subSequence)).toEqual(found.map((_, index) => index));
    }),
  );
});
