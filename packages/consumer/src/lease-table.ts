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
  type TableRows,
} from '@shardfold/lease';
import { createKinesisClient, type KinesisAccess } from './kinesis/client.ts';
import { createKinesisService } from './kinesis/service.ts';
import { multiStreamName } from './streams/names.ts';

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

/** Asks once. */
async function identify({ kinesis }: LeaseTableOptions, stream: string, signal: AbortSignal): Promise<string> {
  const service = createKinesisService(createKinesisClient(kinesis ?? {}));
  try {
    return multiStreamName(await service.describe(stream, signal));
  } finally {
    service.close();
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
