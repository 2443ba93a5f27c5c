// A lease table as a tool for people has it: to look at, and to take over from another fleet. No worker runs here, and nothing
// is leased.
import {
  type Adopted,
  adoptTable,
  type Copied,
  copyToMultiStream,
  createDynamoClient,
  dynamodbLeaseStore,
  type Machine,
  planCopy,
  type StreamIdentity,
  type TableRows,
} from '@shardfold/lease';
import { ConsumerError } from './errors.ts';
import { createKinesisClient, type KinesisAccess } from './kinesis/client.ts';
import { identifyPatiently } from './kinesis/shards.ts';

export interface LeaseTableOptions {
  /** After which a Java fleet names the tables beside its lease table. */
  readonly application: string;
  readonly table: string;
  readonly machine: Machine;
  readonly dynamodb?: KinesisAccess;
  readonly kinesis?: KinesisAccess;
}

export interface CopyChoice {
  /** The stream that the table is for, by its name. */
  readonly stream: string;
  /** Lease duration of the fleet that had it: no lease may move for so long. */
  readonly durationMs: number;
  /** Says what would be created, and creates nothing. */
  readonly dryRun: boolean;
}

/** `stream`: `account:name:epoch`, with which the new keys begin. */
export interface CopyReport extends Copied {
  readonly stream: string;
}

/** Its calls throw `LeaseError` and `ConsumerError`; none is repeated by itself. A table that is not there is not made. */
export interface LeaseTable {
  /** Everything in it, as it is now. */
  list(signal: AbortSignal): Promise<TableRows>;
  /** Notes that what a KCL 3.x fleet left stands still, so that workers do not wait for it. */
  adopt(signal: AbortSignal): Promise<Adopted>;
  /** Gives each single-stream row a copy with a multi-stream key. */
  copyToMultiStream(choice: CopyChoice, signal: AbortSignal): Promise<CopyReport>;
  close(): Promise<void>;
}

const answerTimeoutMs = 10_000;

/**
 * What the multi-stream keys of this stream begin with: `account:name:epoch`. Throws `ConsumerError` OPTIONS_INVALID when the
 * service does not say enough of the stream.
 */
export function multiStreamName({ arn, createdAtS }: StreamIdentity): string {
  const [, account, name] = /^arn:[^:]+:kinesis:[^:]*:(\d+):stream\/(\S+)$/.exec(arn) ?? [];
  if (account === undefined || name === undefined || createdAtS === undefined)
    throw new ConsumerError(
      'OPTIONS_INVALID',
      `Multi-stream keys name a stream by its account, its name and the time of its creation, and the service says only ${arn}${createdAtS === undefined ? ' and no time' : ''}. Nothing was written. Use single-stream keys with this service.`,
      { retryable: false },
    );
  return `${account}:${name}:${createdAtS}`;
}

/** Asks once. */
async function identify({ kinesis, machine }: LeaseTableOptions, stream: string, signal: AbortSignal): Promise<string> {
  const client = createKinesisClient(kinesis ?? {});
  const failed = new AbortController();
  try {
    const identity = await identifyPatiently(
      { client, stream, machine, onEvent: (event) => event.kind === 'listing-failed' && failed.abort(event.error) },
      AbortSignal.any([signal, failed.signal]),
    );
    return multiStreamName(identity ?? { arn: stream });
  } finally {
    client.destroy();
  }
}

/** Nothing is contacted yet. The caller closes it. */
export function openLeaseTable(options: LeaseTableOptions): LeaseTable {
  const { application, table, dynamodb, machine } = options;
  const client = createDynamoClient({ ...dynamodb, requestTimeoutMs: answerTimeoutMs, maxAttempts: 1 });
  const store = dynamodbLeaseStore({ client, table, application, timers: machine.timers, times: { requestTimeoutMs: answerTimeoutMs } });
  const list = (signal: AbortSignal) => store.list({ consistent: true }, signal);
  return {
    list,
    adopt: (signal) => adoptTable({ store, signal }),
    async copyToMultiStream({ stream: named, durationMs, dryRun }, signal) {
      const stream = await identify(options, named, signal);
      if (!dryRun) return { stream, ...(await copyToMultiStream({ store, stream, durationMs, machine, signal })) };
      const { missing, there } = planCopy(await list(signal), stream);
      return { stream, created: missing.length, there: there.length };
    },
    close: () => store.close(),
  };
}
