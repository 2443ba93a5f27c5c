// What a DynamoDB change of 750 bytes costs from its bytes to plain JSON text: this package beside `JSON.parse` alone, and beside
// `JSON.parse`, AWS's `unmarshall` and `JSON.stringify`. Systems play in turn in each round; medians. `--rounds N`, `--records N`.
// It measures, it asserts nothing.
import { parseArgs } from 'node:util';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { dynamodbCodec, type RawRecord, type TextPolicy } from '@shardfold/changes';
import { type Player, timed } from './rounds.ts';

type Item = Parameters<typeof unmarshall>[0];

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '25' }, records: { type: 'string', default: '20000' } } });
const rounds = Number(values.rounds);
const records = Number(values.records);
const recordBytes = 750;
const kept = 1000;
const policy: TextPolicy = { numbers: 'exact', drop: [], rename: {} };

/** An item as DynamoDB stores it: it trims the zeros of numbers. */
function item(index: number, memo: string): object {
  return {
    pk: { S: `order#${index}` },
    customer: { S: `cust-${(index * 7919) % 100_000}` },
    amount: { N: `${1 + (index % 900)}.${1 + (index % 9)}` },
    qty: { N: String(1 + (index % 9)) },
    paid: { BOOL: true },
    note: { NULL: true },
    lines: { L: [{ M: { sku: { S: `SKU-${index}` }, count: { N: '2' } } }] },
    version: { N: String(index) },
    memo: { S: memo },
  };
}

function recordText(index: number, hasOldImage: boolean): string {
  const text = (memo: string): string => {
    const image = item(index, memo);
    return JSON.stringify({
      awsRegion: 'eu-central-1',
      eventID: `5f1c2e7a-9b3d-4c11-8a6e-${String(index).padStart(12, '0')}`,
      eventName: hasOldImage ? 'MODIFY' : 'INSERT',
      userIdentity: null,
      recordFormat: 'application/json',
      tableName: 'orders',
      dynamodb: {
        ApproximateCreationDateTime: 1_763_700_000_123_456 + index,
        Keys: { pk: { S: `order#${index}` } },
        NewImage: image,
        ...(hasOldImage && { OldImage: { pk: { S: `order#${index}` }, amount: { N: '9.5' }, qty: { N: '1' }, paid: { BOOL: false } } }),
        SizeBytes: 312,
        ApproximateCreationDateTimePrecision: 'MICROSECOND',
      },
      eventSource: 'aws:dynamodb',
    });
  };
  return text('lorem ipsum dolor sit amet '.repeat(20).slice(0, recordBytes - text('').length));
}

function rawRecords(hasOldImage: boolean): readonly RawRecord[] {
  return Array.from({ length: kept }, (_, index) => {
    const bytes = Buffer.from(recordText(index, hasOldImage));
    const sequence = `4968041984013974595012805624065564063675053258626${String(index).padStart(7, '0')}`;
    return { sequence, subSequence: 0, arrivalMs: 0, partitionKey: 'k', bytes: () => bytes, text: () => bytes.toString('utf8') };
  });
}

/** Looks at every character: a text made of parts is put together only then. */
function lengthOf(text: string): number {
  return Buffer.byteLength(text);
}

const systems: readonly Player<RawRecord>[] = [
  { name: 'JSON.parse', run: (record) => Object.keys(JSON.parse(record.text())).length },
  {
    name: 'JSON.parse + unmarshall + JSON.stringify',
    run: (record) => {
      const image: Item = JSON.parse(record.text()).dynamodb.NewImage;
      return lengthOf(JSON.stringify(unmarshall(image)));
    },
  },
  { name: 'decode', run: (record) => (dynamodbCodec.decode(record).kind === 'changes' ? 1 : 0) },
  {
    name: 'decode + json',
    run: (record) => {
      const decoded = dynamodbCodec.decode(record);
      const [event] = decoded.kind === 'changes' ? decoded.events : [];
      return event === undefined || event.kind === 'truncate' ? 0 : lengthOf(event.after?.json(policy) ?? '');
    },
  },
];

for (const hasOldImage of [false, true]) {
  const given = rawRecords(hasOldImage);
  const played = timed(systems, given, { rounds, times: records });
  const ours = played.at(-1)?.nanoseconds ?? Number.NaN;
  console.log(`\n${given[0]?.bytes().byteLength} bytes, ${hasOldImage ? 'MODIFY with both images' : 'INSERT'}`);
  for (const [at, { name }] of systems.entries()) {
    const took = played[at]?.nanoseconds ?? Number.NaN;
    console.log(`${name.padEnd(42)}${took.toFixed(0).padStart(7)} ns${(took / ours).toFixed(2).padStart(8)} × decode + json`);
  }
}
