// The streams of an account in memory: shards that split and merge, records that are put by the hash of their key and forgotten
// after the retention. It answers no call of a reader and cannot fail by itself.
import { fromDecimal } from '../../aggregation/hash-range.ts';
import { type DecimalRange, evenRanges, hashKeyOf, mergedRange, splitRange } from './hash-keys.ts';
import { createReadMeter, type ReadMeter } from './limits.ts';
import { createShardLog, type ShardLog } from './log.ts';
import { isSequenceOf, openingSequence, sequenceText } from './sequences.ts';

export interface RecordToPut {
  readonly partitionKey: string;
  /** Decimal, of 128 bits: decides the shard instead of the partition key's MD5. */
  readonly explicitHashKey?: string;
  readonly data: string | Uint8Array;
}

export interface KeptShard {
  readonly shardId: string;
  readonly number: number;
  readonly parents: readonly string[];
  readonly range: DecimalRange;
  /** Where its range begins, as 32 hexadecimal digits. */
  readonly startKey: string;
  readonly openedMs: number;
  /** Sequence numbers of its records are greater than this. */
  readonly openedAt: string;
  readonly log: ShardLog;
  readonly meter: ReadMeter;
  closedMs: number | undefined;
  readonly children: string[];
}

export interface KeptStream {
  readonly name: string;
  readonly arn: string;
  readonly createdAtS: number;
  retentionMs: number;
  /** By their ids; those that are forgotten are not among them. */
  readonly shards: Map<string, KeptShard>;
  /** Those that take records, by their ranges. */
  open: readonly KeptShard[];
  shardsMade: number;
}

export interface Streams {
  names(): readonly string[];
  /** By its name or ARN. */
  find(stream: string): KeptStream | undefined;
  /** With what is left of its records; undefined: it was never there, or nothing is left. */
  shard(stream: KeptStream, shardId: string): KeptShard | undefined;
  shards(stream: KeptStream): readonly KeptShard[];
  /** False for a sequence number that was never given out in this shard. */
  hasGiven(sequence: string, shard: KeptShard): boolean;
  create(name: string, options: { readonly shards: number; readonly retentionMs: number }): void;
  delete(name: string): void;
  put(name: string, record: RecordToPut): { readonly shardId: string; readonly sequence: string };
  split(name: string, shardId: string, at?: string): readonly string[];
  merge(name: string, leftId: string, rightId: string): string;
  retain(name: string, retentionMs: number): void;
}

const account = 'arn:aws:kinesis:us-east-1:000000000000:stream/';
const shardDigits = 12;
const encoder = new TextEncoder();

/** The shard whose range the key lies in: ranges leave no gap. */
function shardFor(open: readonly KeptShard[], key: string): KeptShard | undefined {
  let low = 0;
  let high = open.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((open[middle]?.startKey ?? '') <= key) low = middle;
    else high = middle - 1;
  }
  return open[low];
}

function addShard(stream: KeptStream, parents: readonly KeptShard[], range: DecimalRange, opened: { readonly ms: number; readonly at: string }): KeptShard {
  const number = stream.shardsMade;
  stream.shardsMade += 1;
  const shard: KeptShard = {
    shardId: `shardId-${String(number).padStart(shardDigits, '0')}`,
    number,
    parents: parents.map(({ shardId }) => shardId),
    range,
    startKey: fromDecimal(range.start) ?? '',
    openedMs: opened.ms,
    openedAt: opened.at,
    log: createShardLog(),
    meter: createReadMeter(),
    closedMs: undefined,
    children: [],
  };
  for (const parent of parents) {
    parent.closedMs = opened.ms;
    parent.children.push(shard.shardId);
  }
  stream.shards.set(shard.shardId, shard);
  stream.open = [...stream.open.filter((other) => !parents.includes(other)), shard].sort((a, b) => (a.startKey < b.startKey ? -1 : 1));
  return shard;
}

/** Trims what the retention is over for. Undefined: the shard is closed, and nothing of it is left. */
function kept(stream: KeptStream, shard: KeptShard | undefined, nowMs: number): KeptShard | undefined {
  if (shard === undefined) return undefined;
  const horizonMs = nowMs - stream.retentionMs;
  shard.log.trimBefore(horizonMs);
  const isOver = shard.closedMs !== undefined && shard.closedMs < horizonMs && shard.log.first() === shard.log.end();
  if (isOver) stream.shards.delete(shard.shardId);
  return isOver ? undefined : shard;
}

/** @param nowMs when records arrive, in milliseconds since 1970 */
export function createStreams(nowMs: () => number): Streams {
  const streams = new Map<string, KeptStream>();
  const lastCreatedS = new Map<string, number>();
  let given = 0;

  function found(name: string): KeptStream {
    const stream = streams.get(name);
    if (stream === undefined) throw new Error(`There is no stream ${name}. Create it first.`);
    return stream;
  }

  function openShard(stream: KeptStream, shardId: string): KeptShard {
    const shard = stream.open.find((each) => each.shardId === shardId);
    if (shard === undefined) throw new Error(`Stream ${stream.name} has no open shard ${shardId}. Nothing was changed.`);
    return shard;
  }

  const openedNow = (): { readonly ms: number; readonly at: string } => ({ ms: nowMs(), at: openingSequence(given) });

  return {
    names: () => [...streams.keys()],
    find: (stream) => streams.get(stream.startsWith(account) ? stream.slice(account.length) : stream),
    shard: (stream, shardId) => kept(stream, stream.shards.get(shardId), nowMs()),
    shards: (stream) => [...stream.shards.values()].filter((shard) => kept(stream, shard, nowMs()) !== undefined),
    hasGiven: (sequence, shard) => isSequenceOf(sequence, shard, given),
    create(name, { shards, retentionMs }) {
      if (streams.has(name)) throw new Error(`There is a stream ${name} already. Delete it first.`);
      // A stream that is made anew is told from the old one by this alone.
      const createdAtS = Math.max(Math.floor(nowMs() / 1000), (lastCreatedS.get(name) ?? Number.NEGATIVE_INFINITY) + 1);
      lastCreatedS.set(name, createdAtS);
      const stream: KeptStream = { name, arn: `${account}${name}`, createdAtS, retentionMs, shards: new Map(), open: [], shardsMade: 0 };
      for (const range of evenRanges(shards)) addShard(stream, [], range, openedNow());
      streams.set(name, stream);
    },
    delete: (name) => void streams.delete(found(name).name),
    put(name, record) {
      const key = hashKeyOf(record);
      const shard = key === undefined ? undefined : shardFor(found(name).open, key);
      if (shard === undefined) throw new Error(`${record.explicitHashKey} is no hash key. Nothing was put.`);
      const arrivalMs = nowMs();
      given += 1;
      const sequence = sequenceText(given, arrivalMs, shard.number);
      const data = typeof record.data === 'string' ? encoder.encode(record.data) : record.data;
      shard.log.append({ sequence, arrivalMs, partitionKey: record.partitionKey, data });
      return { shardId: shard.shardId, sequence };
    },
    split(name, shardId, at) {
      const stream = found(name);
      const shard = openShard(stream, shardId);
      const ranges = splitRange(shard.range, at);
      if (ranges === undefined) throw new Error(`Shard ${shardId} cannot be split${at === undefined ? '' : ` at ${at}`}. Nothing was changed.`);
      return ranges.map((range) => addShard(stream, [shard], range, openedNow()).shardId);
    },
    merge(name, leftId, rightId) {
      const stream = found(name);
      const [left, right] = [openShard(stream, leftId), openShard(stream, rightId)];
      const range = mergedRange(left.range, right.range);
      if (range === undefined) throw new Error(`Shard ${rightId} does not follow ${leftId} in the hash ranges. Nothing was changed.`);
      return addShard(stream, [left, right], range, openedNow()).shardId;
    },
    retain(name, retentionMs) {
      found(name).retentionMs = retentionMs;
    },
  };
}
