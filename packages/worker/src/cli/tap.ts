// `tap`: prints what comes through the streams, as `decode` does, without a lease and without leaving a trace.
import { autoCodec, type Codec, codecByName, describeDecoded } from '@shardfold/changes';
import type { ConsumerEvent, RecordBatch, StreamRecord } from '@shardfold/consumer';
import { type ConfigFlags, requireConfig } from './config-file.ts';
import type { CliIo, ExitCode } from './io.ts';
import { unlessFailed } from './leases-open.ts';
import { parseAim } from './positions-aim.ts';

export interface TapFlags extends ConfigFlags {
  /** Lease keys or shard ids. */
  readonly shard?: readonly string[];
  readonly from: string;
  /** Lines. */
  readonly limit?: number;
  readonly raw?: boolean;
}

/** The record as it came, as a line that `shardfold decode` takes. */
function rawLine(record: StreamRecord): string {
  return JSON.stringify({
    stream: record.shard.stream,
    shard: record.shard.shardId,
    sequenceNumber: record.sequence,
    subSequenceNumber: record.subSequence,
    approximateArrivalTimestamp: record.arrivalMs / 1000,
    partitionKey: record.partitionKey,
    data: Buffer.from(record.bytes()).toString('base64'),
  });
}

interface Described {
  readonly lines: readonly string[];
  readonly undecodable: boolean;
}

function describer(codec: Codec, raw: boolean): (record: StreamRecord) => Described {
  if (raw) return (record) => ({ lines: [rawLine(record)], undecodable: false });
  return (record) => {
    const decoded = codec.decode(record);
    return { lines: describeDecoded(decoded), undecodable: decoded.kind === 'undecodable' };
  };
}

/** What of a batch is printed, until so many lines are. */
function describeBatch(batch: RecordBatch, describe: (record: StreamRecord) => Described, limit: number): Described {
  const lines: string[] = [];
  let undecodable = false;
  for (const record of batch.records) {
    if (lines.length >= limit) break;
    const described = describe(record);
    lines.push(...described.lines.slice(0, limit - lines.length));
    undecodable ||= described.undecodable;
  }
  return { lines, undecodable };
}

/** Different troubles that are told; after so many no further one is. */
const troublesMax = 100;

/** What fails and is tried again, each trouble once. */
function sayTroubles(io: CliIo): (event: ConsumerEvent) => void {
  const said = new Set<string>();
  return (event) => {
    if (event.kind !== 'fetch-failed' || said.has(event.error.message) || said.size >= troublesMax) return;
    said.add(event.error.message);
    io.err(`${event.error.message}\n`);
  };
}

/** Ends at the limit, when every shard has come to its end, or when a stop is asked for; 3 when a record was undecodable. */
export async function tap(io: CliIo, flags: TapFlags): Promise<ExitCode> {
  const { config } = await requireConfig(io, flags);
  const { source, kinesis, dynamodb } = config;
  const from = parseAim('--from', flags.from, ['trim-horizon', 'latest', 'timestamp', 'sequence'], (await io.machine()).clock.wallMs());
  const describe = describer(codecByName(source.format) ?? autoCodec(), flags.raw ?? false);
  const stop = io.stopSignal();
  // Loaded only here: the other commands need no AWS client.
  const { openTap } = await import('@shardfold/consumer');
  const reader = openTap({ ...source, kinesis, dynamodb, machine: await io.machine(), onEvent: sayTroubles(io) });
  const enough = new AbortController();
  let left = flags.limit ?? Number.POSITIVE_INFINITY;
  let code: ExitCode = 0;
  const print = async (batch: RecordBatch): Promise<void> => {
    const { lines, undecodable } = describeBatch(batch, describe, left);
    left -= lines.length;
    if (undecodable) code = 3;
    if (lines.length > 0) await io.out(lines.map((line) => `${line}\n`).join(''));
    if (left <= 0) enough.abort();
  };
  try {
    await unlessFailed(stop, () =>
      reader.read({ shards: flags.shard ?? [], from }, print, AbortSignal.any([stop, enough.signal])).catch((error: unknown) => {
        if (!enough.signal.aborted) throw error;
      }),
    );
    return code;
  } finally {
    reader.close();
  }
}
