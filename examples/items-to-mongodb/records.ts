// The changes of this example, as DynamoDB writes them to a Kinesis stream: prints one request for PutRecords. It sends nothing.

type Attribute = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, Attribute>>;

/** Every kind of value that an item can hold. */
const allKinds: Item = {
  StringKey: { S: 'StringValue1' },
  NumberKey: { N: '1' },
  BooleanKey: { BOOL: false },
  NullKey: { NULL: true },
  BinaryKey: { B: 'AP8=' },
  StringSet: { SS: ['StringValue1', 'StringValue0'] },
  NumberSet: { NS: ['3', '0'] },
  BinarySet: { BS: ['AP8=', 'AA=='] },
  Fraction: { N: '19.90' },
  Long: { N: '9007199254740993' },
  Digits34: { N: '12345678901234567890.12345678901234' },
  Digits38: { N: '12345678901234567890123456789012345678' },
  ListKey: {
    L: [
      { S: 'StringValue0' },
      { N: '0' },
      { BOOL: true },
      { NULL: true },
      { SS: ['StringSet2', 'StringSet1'] },
      { NS: ['10', '9'] },
      { L: [{ S: 'InnerListListValue1' }, { L: [] }] },
      { M: { InnerListMapKey1: { S: 'StringValue1' }, InnerListMapKey2: { M: {} } } },
    ],
  },
  MapKey: { M: { MapInnerNumKey: { N: '0' }, MapInnerList: { L: [{ S: 'ListString1' }] }, MapInnerKey: { S: 'StringValue1' } } },
};

const startMs = Date.parse('2026-01-05T09:00:00Z');

/** `afterMs`: when it happened at the source. */
function change(eventName: 'INSERT' | 'MODIFY' | 'REMOVE', customerId: string, afterMs: number, item?: Item): string {
  const Keys = { customerId: { S: customerId } };
  return JSON.stringify({
    awsRegion: 'eu-west-1',
    eventID: `${customerId}-${afterMs}`,
    eventName,
    userIdentity: null,
    recordFormat: 'application/json',
    tableName: 'items',
    dynamodb: { ApproximateCreationDateTime: startMs + afterMs, Keys, ...(item === undefined ? {} : { NewImage: { ...Keys, ...item } }), SizeBytes: 100 },
    eventSource: 'aws:dynamodb',
  });
}

const paid = change('MODIFY', 'Test-002', 30, { state: { S: 'paid' }, no: { N: '2' } });

const changes: readonly string[] = [
  change('INSERT', 'Test-001', 10, allKinds),
  change('INSERT', 'Test-002', 20, { state: { S: 'new' }, coupon: { S: 'SPRING' } }),
  paid, // The whole item comes anew: `coupon` is gone.
  change('INSERT', 'Test-003', 40, { state: { S: 'new' } }),
  change('REMOVE', 'Test-003', 60),
  change('MODIFY', 'Test-003', 50, { state: { S: 'paid' } }), // Older than the removal, and late: the item stays removed.
  change('INSERT', 'Test-004', 70, { state: { S: 'new' } }),
  change('REMOVE', 'Test-004', 80),
  change('INSERT', 'Test-004', 90, { state: { S: 'again' } }), // Newer than the removal: the item is back.
  change('INSERT', 'Test-002', 20, { state: { S: 'new' }, coupon: { S: 'SPRING' } }), // DynamoDB sends some records twice.
  paid,
];

const records = changes.map((text) => ({ PartitionKey: 'items', Data: Buffer.from(text).toString('base64') }));
process.stdout.write(`${JSON.stringify({ StreamName: 'items-cdc', Records: records })}\n`);
