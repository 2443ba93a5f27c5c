// Looks at what a fleet would read and lease, for a person who asks whether all is well before it starts. It repeats nothing, judges nothing
// and writes nothing.
import { createDynamoClient, dynamodbLeaseStore, type Machine, type PeerState, streamIdentityText, type TableRows } from '@shardfold/lease';
import { createStreamsClients } from './dynamodb-streams/client.ts';
import { createDynamoDbStreamsService } from './dynamodb-streams/service.ts';
import { createKinesisClient, type KinesisAccess } from './kinesis/client.ts';
import { createKinesisService } from './kinesis/service.ts';
import type { NamedStream } from './positions/streams.ts';
import { assertOwn } from './positions/with-stream.ts';
import type { StreamDescription, StreamService } from './source/service.ts';
import { isSingle, multiStreamName } from './streams/names.ts';

export interface InspectorOptions {
  readonly kind: 'kinesis' | 'dynamodb-streams';
  /** Names, ARNs or patterns. */
  readonly streams: readonly string[];
  readonly application: string;
  /** Of the leases. */
  readonly table: string;
  readonly kinesis: KinesisAccess;
  readonly dynamodb: KinesisAccess;
  readonly machine: Machine;
  /** The time of day, since 1970, that a server put on its answer. */
  onServerTime(ms: number): void;
}

export interface Inspector {
  readonly service: StreamService;
  /** Throws `LeaseError`. */
  rows(signal: AbortSignal): Promise<TableRows>;
  /** What a KCL 3.x fleet left beside the leases. Throws `LeaseError`. */
  peers(signal: AbortSignal): Promise<PeerState>;
  /** Throws `LeaseError` TABLE_FOREIGN where the rows are another stream's or have keys of the other kind, ROW_BROKEN where one cannot be read. */
  assertOwn(rows: TableRows, described: readonly StreamDescription[]): void;
  close(): Promise<void>;
}

const answerTimeoutMs = 10_000;

/** Nearest to the wire: also of answers that are refusals. */
const nearest = { step: 'deserialize', priority: 'low', name: 'serverTime' } as const;

/** A middleware of any client, which looks at each answer's date. */
function timing(onServerTime: InspectorOptions['onServerTime']) {
  return <Input, Output extends { readonly response: unknown }>(next: (input: Input) => Promise<Output>) =>
    async (input: Input): Promise<Output> => {
      const output = await next(input);
      const { headers } = output.response as { readonly headers?: Readonly<Record<string, string | undefined>> };
      const ms = Date.parse(headers?.date ?? '');
      if (!Number.isNaN(ms)) onServerTime(ms);
      return output;
    };
}

function serviceOf({ kind, kinesis, dynamodb, machine, onServerTime }: InspectorOptions): StreamService {
  if (kind === 'dynamodb-streams') {
    const clients = createStreamsClients(dynamodb);
    clients.streams.middlewareStack.add(timing(onServerTime), nearest);
    return createDynamoDbStreamsService({ ...clients, machine });
  }
  const client = createKinesisClient(kinesis);
  client.middlewareStack.add(timing(onServerTime), nearest);
  return createKinesisService(client);
}

function named(description: StreamDescription, single: boolean): NamedStream {
  const { name, arn, createdAtS } = description;
  if (single)
    return {
      stream: name,
      names: { leaseKey: (shardId) => shardId },
      source: streamIdentityText({ arn, ...(createdAtS === undefined ? {} : { createdAtS }) }),
    };
  const prefix = multiStreamName(description);
  return { stream: name, names: { stream: prefix, leaseKey: (shardId) => `${prefix}:${shardId}` } };
}

/** Nothing is contacted yet. The caller closes it. */
export function openInspector(options: InspectorOptions): Inspector {
  const { application, table, dynamodb, streams, machine } = options;
  const client = createDynamoClient({ ...dynamodb, requestTimeoutMs: answerTimeoutMs, maxAttempts: 1 });
  client.middlewareStack.add(timing(options.onServerTime), nearest);
  const store = dynamodbLeaseStore({ client, table, application, timers: machine.timers, times: { requestTimeoutMs: answerTimeoutMs } });
  const service = serviceOf(options);
  return {
    service,
    rows: (signal) => store.list({ consistent: true }, signal),
    peers: (signal) => store.peers(signal),
    assertOwn(rows, described) {
      assertOwn(
        streams,
        rows,
        described.map((each) => named(each, isSingle(streams))),
      );
    },
    async close() {
      service.close();
      await store.close();
    },
  };
}
