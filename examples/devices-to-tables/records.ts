// The changes of this example, as DynamoDB writes them to a Kinesis stream: prints one request for PutRecords. It sends nothing.

type Attribute = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, Attribute>>;

const devices = ['bar', 'baz', 'foo', 'qux'];
const readingsOfEach = 30;
const startMicros = Date.parse('2026-01-05T09:00:00Z') * 1_000;
const minuteMicros = 60_000_000;

interface Reading {
  readonly device: string;
  /** 0, 1, 2 …: one a minute. */
  readonly turn: number;
}

function keysOf({ device, turn }: Reading): Item {
  const at = new Date((startMicros + turn * minuteMicros) / 1_000);
  return { device: { S: device }, timestamp: { S: at.toISOString().slice(0, 19) } };
}

/** The first value is corrected later, for some. */
function itemOf(reading: Reading, corrected: boolean): Item {
  const { device, turn } = reading;
  const temperature = 20 + devices.indexOf(device) + turn / 100 + (corrected ? 13.24 : 0);
  return {
    ...keysOf(reading),
    temperature: { N: temperature.toFixed(2) },
    humidity: { N: `${84 - turn}.5` },
    ...(corrected ? { corrected: { BOOL: true } } : { tags: { SS: ['raw', 'new'] } }),
    place: { M: { room: { S: `O'Brien’s ${turn % 3}` }, floors: { L: [{ N: '0' }, { N: String(turn) }] } } },
  };
}

interface Change {
  readonly reading: Reading;
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  /** Minutes after the start. */
  readonly minute: number;
}

function recordText({ reading, eventName, minute }: Change): string {
  const image = eventName === 'REMOVE' ? {} : { NewImage: itemOf(reading, eventName === 'MODIFY') };
  const old = eventName === 'INSERT' ? {} : { OldImage: itemOf(reading, false) };
  return JSON.stringify({
    awsRegion: 'us-east-1',
    eventID: `${reading.device}-${reading.turn}-${eventName}`,
    eventName,
    userIdentity: null,
    recordFormat: 'application/json',
    tableName: 'device-readings',
    dynamodb: {
      ApproximateCreationDateTime: startMicros + minute * minuteMicros + 7,
      Keys: keysOf(reading),
      ...image,
      ...old,
      SizeBytes: 161,
      ApproximateCreationDateTimePrecision: 'MICROSECOND',
    },
    eventSource: 'aws:dynamodb',
  });
}

const readings: readonly Reading[] = Array.from({ length: readingsOfEach }, (_, turn) => devices.map((device) => ({ device, turn }))).flat();
const inserts = readings.map((reading): Change => ({ reading, eventName: 'INSERT', minute: reading.turn }));
const updates = readings.filter(({ turn }) => turn % 3 === 0).map((reading): Change => ({ reading, eventName: 'MODIFY', minute: reading.turn + 5 }));
const deletes = readings.filter(({ turn }) => turn % 5 === 0).map((reading): Change => ({ reading, eventName: 'REMOVE', minute: reading.turn + 10 }));
// In the order of their times, but every seventh comes once more at the end.
const changes = [...inserts, ...updates, ...deletes].sort((a, b) => a.minute - b.minute);
const again = changes.filter((_, index) => index % 7 === 0);

const records = [...changes, ...again].map((change) => ({
  PartitionKey: `${change.reading.device}/${change.reading.turn}`,
  Data: Buffer.from(recordText(change)).toString('base64'),
}));
process.stdout.write(`${JSON.stringify({ StreamName: 'device-readings-cdc', Records: records })}\n`);
