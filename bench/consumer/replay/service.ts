// What the replayed stream answers: any name is a stream, of so many open shards that never end; everything is readable at once.
// Not modelled: throttling, iterators that expire, reshards, writes, signatures. It knows no HTTP.
import { arrayHead, decode, encode, mapHead, type Value } from './cbor.ts';
import { createPages, type Wire } from './page.ts';
import { recordsPerPage } from './record.ts';
import { indexOf, iteratorOf, parseIterator, sequenceOf } from './sequence.ts';

export interface Answer {
  readonly status: number;
  readonly parts: readonly Buffer[];
  /** To be called when the parts are sent, or never will be. */
  sent(): void;
}

export interface Service {
  answer(operation: string, body: Buffer, wire: Wire): Answer;
}

type Fields = { readonly [key: string]: Value };

class Refusal extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

const hashKeys = 2n ** 128n;
/** Nothing is ever reached: a reader has always this far to go. */
const behindMs = 60_000;
const nothing = () => undefined;

function read(body: Buffer, wire: Wire): Fields {
  return (body.length === 0 ? {} : wire === 'cbor' ? decode(body) : JSON.parse(body.toString())) as Fields;
}

function write(fields: Fields, wire: Wire): Buffer {
  // JSON has seconds where CBOR has milliseconds.
  const inSeconds = function (this: Fields, key: string, value: unknown) {
    const raw = this[key];
    return raw instanceof Date ? raw.getTime() / 1000 : value;
  };
  return wire === 'cbor' ? encode(fields) : Buffer.from(JSON.stringify(fields, inSeconds));
}

function streamOf({ StreamName, StreamARN }: Fields): Fields {
  const name = String(StreamName ?? String(StreamARN).replace(/^.*\//, ''));
  return {
    StreamName: name,
    StreamARN: `arn:aws:kinesis:us-east-1:123456789012:stream/${name}`,
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
    RetentionPeriodHours: 24,
    StreamCreationTimestamp: new Date(1_700_000_000_000),
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: 'NONE',
  };
}

function shardList(shards: number): readonly Fields[] {
  const edge = (shard: number) => (hashKeys * BigInt(shard)) / BigInt(shards);
  return Array.from({ length: shards }, (_, shard) => ({
    ShardId: `shardId-${String(shard).padStart(12, '0')}`,
    HashKeyRange: { StartingHashKey: String(edge(shard)), EndingHashKey: String(edge(shard + 1) - 1n) },
    SequenceNumberRange: { StartingSequenceNumber: sequenceOf(shard, 0) },
  }));
}

function startIndex({ ShardIteratorType, StartingSequenceNumber }: Fields): number {
  if (ShardIteratorType !== 'AT_SEQUENCE_NUMBER' && ShardIteratorType !== 'AFTER_SEQUENCE_NUMBER') return 0;
  const index = indexOf(String(StartingSequenceNumber));
  if (index === undefined) throw new Refusal('InvalidArgumentException', `${StartingSequenceNumber} is no sequence number of this stream.`);
  return ShardIteratorType === 'AFTER_SEQUENCE_NUMBER' ? index + 1 : index;
}

/** Renders both wires ahead, which takes a second. */
export function createService(shards: number): Service {
  const list = shardList(shards);
  const pages = { json: createPages('json'), cbor: createPages('cbor') };

  const operations: Readonly<Record<string, (asked: Fields) => Fields>> = {
    ListShards: () => ({ Shards: list }),
    DescribeStreamSummary: (asked) => ({ StreamDescriptionSummary: { ...streamOf(asked), OpenShardCount: shards, ConsumerCount: 0 } }),
    DescribeStream: (asked) => ({ StreamDescription: { ...streamOf(asked), Shards: list, HasMoreShards: false } }),
    GetShardIterator(asked) {
      const shard = list.findIndex(({ ShardId }) => ShardId === asked.ShardId);
      if (shard < 0) throw new Refusal('ResourceNotFoundException', `There is no shard ${asked.ShardId}.`);
      return { ShardIterator: iteratorOf(shard, startIndex(asked)) };
    },
  };

  function getRecords({ ShardIterator, Limit }: Fields, wire: Wire): Answer {
    const place = parseIterator(String(ShardIterator));
    if (place === undefined || place.shard >= shards) throw new Refusal('InvalidArgumentException', `${ShardIterator} is no iterator of this stream.`);
    const { shard, index } = place;
    const count = Math.min(Number(Limit ?? recordsPerPage), recordsPerPage - (index % recordsPerPage));
    const next = iteratorOf(shard, index + count);
    const { bytes, giveBack } = pages[wire].lend(shard, index, count);
    const [before, after] =
      wire === 'cbor'
        ? [Buffer.concat([mapHead(3), ...['MillisBehindLatest', behindMs, 'NextShardIterator', next, 'Records'].map(encode), arrayHead(count)]), '']
        : [Buffer.from(`{"MillisBehindLatest":${behindMs},"NextShardIterator":"${next}","Records":[`), ']}'];
    return { status: 200, parts: [before, bytes, Buffer.from(after)], sent: giveBack };
  }

  return {
    answer(operation, body, wire) {
      try {
        const asked = read(body, wire);
        if (operation === 'GetRecords') return getRecords(asked, wire);
        const act = operations[operation];
        if (act === undefined) throw new Refusal('UnknownOperationException', `The replayed stream has no ${operation}.`);
        return { status: 200, parts: [write(act(asked), wire)], sent: nothing };
      } catch (error) {
        const { type, message } = error instanceof Refusal ? error : { type: 'InternalFailure', message: String(error) };
        return { status: error instanceof Refusal ? 400 : 500, parts: [write({ __type: type, message }, wire)], sent: nothing };
      }
    },
  };
}
