// The payload that is replayed: a MODIFY of a DynamoDB table as it comes through Kinesis, of the same width for every index. It
// knows neither a wire nor a shard.

export const recordBytes = 756;
/** Indexes go from 0 to one less; a page holds one record of each. */
export const recordsPerPage = 10_000;

const filler = 'lorem ipsum dolor sit amet '.repeat(30);
const digits = (number: number, width: number) => String(number).padStart(width, '0');

function document(index: number, memo: string): string {
  const key = { S: `order#${digits(index, 6)}` };
  return JSON.stringify({
    awsRegion: 'eu-central-1',
    eventID: `5f1c2e7a-9b3d-4c11-8a6e-0000${digits(index, 8)}`,
    eventName: 'MODIFY',
    userIdentity: null,
    recordFormat: 'application/json',
    tableName: 'orders',
    dynamodb: {
      ApproximateCreationDateTime: Date.now(),
      ApproximateCreationDateTimePrecision: 'MILLISECOND',
      Keys: { pk: key },
      NewImage: {
        pk: key,
        customer: { S: `cust-${digits((index * 7919) % 100_000, 5)}` },
        amount: { N: `${digits((index * 37) % 10_000, 4)}.50` },
        qty: { N: String(1 + (index % 9)) },
        paid: { BOOL: true },
        note: { NULL: true },
        tags: { SS: ['new', 'gift'] },
        lines: { L: [{ M: { sku: { S: `SKU-${digits(index, 6)}` } } }] },
        version: { N: digits(index, 10) },
        memo: { S: memo },
      },
      SizeBytes: 312,
    },
    eventSource: 'aws:dynamodb',
  });
}

/** `recordBytes` bytes of JSON in ASCII. */
export function recordText(index: number): string {
  return document(index, filler.slice(0, recordBytes - document(index, '').length));
}

/** 32 digits, as the hash of an item's key would be. */
export function partitionKey(index: number): string {
  return `${digits((index * 2_654_435_761) % 4_294_967_296, 10).repeat(3)}00`;
}
