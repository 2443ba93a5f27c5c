// Frames of application/vnd.amazon.eventstream, whole and broken ones. They know no server.
import { crc32 } from 'node:zlib';
import type { ChildShard } from '@shardfold/lease';

const overheadBytes = 16;
const wholeRange = { start: '0', end: '9' };
const textHeader = 7;

export interface ServedRecord {
  readonly sequence: string;
  readonly payload: string | Uint8Array;
  readonly partitionKey?: string;
  readonly arrivalMs?: number;
}

/** A SubscribeToShardEvent; a continuation that is left out is left out of the event. */
export interface ServedEvent {
  readonly records?: readonly ServedRecord[];
  readonly continuation?: string;
  readonly behindLatestMs?: number;
  readonly children?: readonly ChildShard[];
}

function header(name: string, value: string): Buffer {
  const size = Buffer.alloc(2);
  size.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([textHeader]), size, Buffer.from(value)]);
}

export function frame(headers: Readonly<Record<string, string>>, body: object): Buffer {
  const heads = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const payload = Buffer.from(JSON.stringify(body));
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(heads.length + payload.length + overheadBytes);
  prelude.writeUInt32BE(heads.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, heads, payload]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(message));
  return Buffer.concat([message, checksum]);
}

const json = { ':content-type': 'application/json' };

export const initialResponse = (): Buffer => frame({ ':message-type': 'event', ':event-type': 'initial-response', ...json }, {});

export const exceptionFrame = (type: string): Buffer => frame({ ':message-type': 'exception', ':exception-type': type, ...json }, { message: `${type} it is` });

export function eventFrame({ records = [], continuation, behindLatestMs = 0, children }: ServedEvent): Buffer {
  return frame(
    { ':message-type': 'event', ':event-type': 'SubscribeToShardEvent', ...json },
    {
      Records: records.map(({ sequence, payload, partitionKey = 'key', arrivalMs = 1_700_000_000_500 }) => ({
        SequenceNumber: sequence,
        Data: Buffer.from(payload).toString('base64'),
        PartitionKey: partitionKey,
        ApproximateArrivalTimestamp: arrivalMs / 1_000,
      })),
      MillisBehindLatest: behindLatestMs,
      ...(continuation === undefined ? {} : { ContinuationSequenceNumber: continuation }),
      ...(children === undefined
        ? {}
        : {
            ChildShards: children.map(({ shardId, parents, hashRange: { start, end } = wholeRange }) => ({
              ShardId: shardId,
              ParentShards: parents,
              HashKeyRange: { StartingHashKey: start, EndingHashKey: end },
            })),
          }),
    },
  );
}

/** The last byte of the checksum is another one. */
export function garbled(whole: Buffer): Buffer {
  const broken = Buffer.from(whole);
  broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 0xff;
  return broken;
}
