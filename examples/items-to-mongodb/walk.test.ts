// This example as a user walks it: its records, its configuration, the built program. What MongoDB holds is told here by hand, and once
// more by the oracle.
import { BSON, type Document } from 'mongodb';
import { expect, test } from 'vitest';
import { mongoForFile, withDatabase } from '../../packages/sinks/test/support/ferretdb.ts';
import { fold } from '../../test/oracle/oracle.ts';
import { exampleBed } from '../../test/support/example-bed.ts';

const mongo = mongoForFile();
const bed = exampleBed(new URL('./', import.meta.url), 1);

/** The collection with every type as it is stored: `{"$numberInt":"1"}`. */
async function stored(url: string): Promise<readonly Document[]> {
  const read = { promoteValues: false, promoteLongs: false };
  const documents = await withDatabase(url, (db) => db.collection('items').find({}, read).sort({ _id: 1 }).toArray());
  return documents.map((document) => JSON.parse(BSON.EJSON.stringify(document, { relaxed: false })));
}

const int = (value: number) => ({ $numberInt: String(value) });
const binary = (base64: string) => ({ $binary: { base64, subType: '00' } });

const allKinds = {
  _id: 'Test-001',
  customerId: 'Test-001',
  StringKey: 'StringValue1',
  NumberKey: int(1),
  BooleanKey: false,
  NullKey: null,
  BinaryKey: binary('AP8='),
  StringSet: ['StringValue0', 'StringValue1'],
  NumberSet: [int(0), int(3)],
  BinarySet: [binary('AA=='), binary('AP8=')],
  Fraction: { $numberDouble: '19.9' },
  Long: { $numberLong: '9007199254740993' },
  Digits34: { $numberDecimal: '12345678901234567890.12345678901234' },
  Digits38: '12345678901234567890123456789012345678',
  ListKey: [
    'StringValue0',
    int(0),
    true,
    null,
    ['StringSet1', 'StringSet2'],
    [int(9), int(10)],
    ['InnerListListValue1', []],
    { InnerListMapKey1: 'StringValue1', InnerListMapKey2: {} },
  ],
  MapKey: { MapInnerNumKey: int(0), MapInnerList: ['ListString1'], MapInnerKey: 'StringValue1' },
};

test('an item with every kind of value becomes a plain document, later changes replace it, and a replay changes nothing', async (context) => {
  const url = mongo.database(context);
  await bed.catchUp('shardfold.yaml', { MONGODB_URL: url });

  const documents = await stored(url);
  expect(documents.map(({ cdc: _cdc, ...document }) => document)).toEqual([
    allKinds,
    { _id: 'Test-002', customerId: 'Test-002', state: 'paid', no: int(2) },
    { _id: 'Test-004', customerId: 'Test-004', state: 'again' },
  ]);
  const live = [...(fold(bed.sent).get('items')?.values() ?? [])].filter(({ item }) => item !== undefined);
  const expected = live.map(({ key, timeMicros }) => [key.customerId?.S, String(timeMicros)]);
  expect(documents.map(({ _id, cdc }) => [_id, cdc.time.$numberLong])).toEqual(expected.sort());

  await bed.replay('shardfold.yaml', { MONGODB_URL: url });
  expect(await stored(url)).toEqual(documents);
});
