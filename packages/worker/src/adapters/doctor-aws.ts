// Asks AWS what the doctor wants to know: streams, a few of their records, the lease table. One call, one answer; it judges nothing. Of the
// writes that a worker needs it tries each under a condition that no item fulfils, so that nothing is ever written.
import { DeleteItemCommand, DescribeTableCommand, DynamoDBClient, PutItemCommand, type TableDescription, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  ConsumerError,
  type Inspector,
  LeaseError,
  type Machine,
  openInspector,
  openLeaseTable,
  type StreamDescription,
  type StreamRecord,
  type TableRows,
} from '@shardfold/consumer';
import type { Config } from '../config/config.ts';
import type { Answer } from '../doctor/finding.ts';
import type { ClockFacts } from '../doctor/judge-clock.ts';
import { type LagFacts, type LeaseFacts, lateShare } from '../doctor/judge-leases.ts';
import type { CapacityFacts } from '../doctor/judge-limits.ts';
import type { StreamFacts } from '../doctor/judge-streams.ts';
import { rootOf } from '../doctor/refusal.ts';

const actions = {
  kinesis: {
    list: 'kinesis:ListStreams',
    describe: 'kinesis:DescribeStreamSummary',
    shards: 'kinesis:ListShards',
    iterator: 'kinesis:GetShardIterator',
    page: 'kinesis:GetRecords',
  },
  'dynamodb-streams': {
    list: 'dynamodb:ListStreams',
    describe: 'dynamodb:DescribeStream',
    shards: 'dynamodb:DescribeStream',
    iterator: 'dynamodb:GetShardIterator',
    page: 'dynamodb:GetRecords',
  },
} as const;

/** Of one stream. */
const sampledShardsMax = 4;
const pagesPerShardMax = 3;
const recordsPerPage = 50;
/** Leases whose lag is asked for, the oldest positions first. */
const lagsMax = 8;
/** The key of no lease. */
const nobody = { leaseKey: { S: 'shardfold-doctor' } };
const never = 'attribute_exists(leaseKey) AND attribute_not_exists(leaseKey)';

async function answer<Value>(action: string, ask: () => Promise<Value>): Promise<Answer<Value>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    return { ok: false, action, error };
  }
}

/** The payload outlives its page. */
function kept(record: StreamRecord): StreamRecord {
  const bytes = record.bytes();
  const { shard, sequence, subSequence, arrivalMs, partitionKey } = record;
  return { shard, sequence, subSequence, arrivalMs, partitionKey, bytes: () => bytes, text: () => new TextDecoder().decode(bytes) };
}

export interface TableFacts {
  readonly facts: LeaseFacts['table'];
  readonly provisioned: CapacityFacts['provisioned'];
}

export interface AwsProbes {
  /** Undefined: none is known. */
  region(): Promise<string | undefined>;
  names(signal: AbortSignal): Promise<Answer<readonly string[]>>;
  stream(stream: string, signal: AbortSignal): Promise<StreamFacts>;
  /** Of a stream that is there. */
  records(stream: string, signal: AbortSignal): Promise<Answer<readonly StreamRecord[]>>;
  table(signal: AbortSignal): Promise<TableFacts>;
  /** Of a table that is there. */
  writes(signal: AbortSignal): Promise<LeaseFacts['writes']>;
  rows(
    described: readonly StreamDescription[],
    retentionMs: number | undefined,
    signal: AbortSignal,
  ): Promise<Pick<LeaseFacts, 'rows' | 'peers' | 'foreign' | 'lags'>>;
  /** After some answer. */
  clock(): ClockFacts | undefined;
  close(): Promise<void>;
}

function isMissingStream(described: Answer<unknown>): boolean {
  return !described.ok && described.error instanceof ConsumerError && described.error.code === 'STREAM_MISSING';
}

async function readRecords(
  inspector: Inspector,
  names: { readonly iterator: string; readonly page: string; readonly shards: string },
  stream: string,
  signal: AbortSignal,
): Promise<Answer<readonly StreamRecord[]>> {
  const { service } = inspector;
  const listed = await answer(names.shards, () => service.listShards(stream, signal));
  if (!listed.ok) return listed;
  const open = [...listed.value].sort((left, right) => Number(left.closed) - Number(right.closed));
  const records: StreamRecord[] = [];
  for (const { shardId } of open.slice(0, sampledShardsMax)) {
    const shard = { stream, shardId, key: shardId };
    const began = await answer(names.iterator, () => service.iterator(shard, { kind: 'trim-horizon' }, signal));
    if (!began.ok) return began;
    let next: string | undefined = began.value;
    for (let pages = 0; next !== undefined && pages < pagesPerShardMax; pages += 1) {
      const from: string = next;
      const page = await answer(names.page, () => service.page(shard, from, recordsPerPage, signal));
      if (!page.ok) return page;
      records.push(...page.value.records.map(kept));
      page.value.free();
      if (page.value.records.length > 0) break;
      next = page.value.next;
    }
  }
  return { ok: true, value: records };
}

function foreignOf(inspector: Inspector, rows: TableRows, described: readonly StreamDescription[]): LeaseError | undefined {
  try {
    inspector.assertOwn(rows, described);
    return undefined;
  } catch (error) {
    if (error instanceof LeaseError) return error;
    throw error;
  }
}

/** Of positions so old that it matters, how far behind they really are: a quiet shard has nothing to be behind of. */
async function lagsOf(
  config: Config,
  machine: Machine,
  rows: TableRows,
  retentionMs: number | undefined,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, LagFacts>> {
  if (retentionMs === undefined || rows.leases.length === 0) return new Map();
  const { application, source, kinesis, dynamodb, lease } = config;
  const table = openLeaseTable({
    application,
    table: lease.table,
    machine,
    dynamodb,
    kinesis,
    kind: source.kind,
    streams: source.streams,
    limits: source.limits,
  });
  try {
    const old = rows.leases.flatMap((each) => {
      const atMs = each.position.kind === 'shard-end' ? undefined : table.positionMs(each);
      const ageMs = atMs === undefined ? 0 : machine.clock.wallMs() - atMs;
      return ageMs >= retentionMs * lateShare ? [{ lease: each, ageMs }] : [];
    });
    const oldest = old.sort((left, right) => right.ageMs - left.ageMs).slice(0, lagsMax);
    const behind = await table.lags(
      oldest.map((each) => each.lease),
      {},
      signal,
    );
    return new Map(
      oldest.flatMap(({ lease: { key }, ageMs }) => {
        const behindMs = behind.get(key);
        return behindMs === undefined ? [] : [[key, { ageMs, behindMs }]];
      }),
    );
  } finally {
    await table.close();
  }
}

function keyText({ KeySchema = [], AttributeDefinitions = [] }: TableDescription): string {
  const typeOf = (name: string | undefined) => AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
  return KeySchema.map(({ AttributeName, KeyType }) => `${AttributeName} ${typeOf(AttributeName)} ${KeyType}`).join(', ');
}

function tableFacts(described: Answer<TableDescription | undefined>): TableFacts {
  if (!described.ok) return { facts: described, provisioned: undefined };
  const { value } = described;
  if (value === undefined) return { facts: { ok: true, value: undefined }, provisioned: undefined };
  const { WriteCapacityUnits: writes = 0, ReadCapacityUnits: reads = 0 } = value.ProvisionedThroughput ?? {};
  return {
    facts: { ok: true, value: { status: value.TableStatus ?? 'ACTIVE', key: keyText(value) } },
    provisioned: writes > 0 ? { writes, reads } : undefined,
  };
}

/** Nothing is contacted yet. The caller closes them. */
export function createAwsProbes(config: Config, machine: Machine): AwsProbes {
  const { application, source, kinesis, dynamodb, lease } = config;
  let clock: ClockFacts | undefined;
  const onServerTime = (serverMs: number): void => {
    clock = { serverMs, ownMs: machine.clock.wallMs() };
  };
  const inspector = openInspector({ kind: source.kind, streams: source.streams, application, table: lease.table, kinesis, dynamodb, machine, onServerTime });
  const client = new DynamoDBClient({ ...dynamodb, maxAttempts: 1 });
  const names = actions[source.kind];
  const { service } = inspector;
  const TableName = lease.table;
  /** Refused by its condition: it is allowed. */
  const tried = (action: string, ask: () => Promise<unknown>): Promise<Answer<void>> =>
    answer(action, async () => {
      await ask().catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== 'ConditionalCheckFailedException') throw error;
      });
    });
  return {
    region: () => client.config.region().catch(() => undefined),
    names: (signal) => answer(names.list, () => service.list(signal)),
    async stream(stream, signal) {
      const described = await answer(names.describe, () => service.describe(stream, signal));
      const others = isMissingStream(described) ? await service.list(signal).catch(() => []) : [];
      const listed = described.ok ? await answer(names.shards, () => service.listShards(stream, signal)) : undefined;
      if (listed === undefined || !listed.ok) return { stream, described, others, shards: listed };
      const closed = listed.value.filter((shard) => shard.closed).length;
      return { stream, described, others, shards: { ok: true, value: { open: listed.value.length - closed, closed } } };
    },
    records: (stream, signal) => readRecords(inspector, names, stream, signal),
    async table(abortSignal) {
      const described = await answer('dynamodb:DescribeTable', async () => (await client.send(new DescribeTableCommand({ TableName }), { abortSignal })).Table);
      const root = described.ok ? undefined : rootOf(described.error);
      const isMissing = root instanceof Error && root.name === 'ResourceNotFoundException';
      return tableFacts(isMissing ? { ok: true, value: undefined } : described);
    },
    writes: (abortSignal) =>
      Promise.all([
        tried('dynamodb:PutItem', () => client.send(new PutItemCommand({ TableName, Item: nobody, ConditionExpression: never }), { abortSignal })),
        tried('dynamodb:UpdateItem', () =>
          client.send(new UpdateItemCommand({ TableName, Key: nobody, UpdateExpression: 'SET leaseCounter = leaseCounter', ConditionExpression: never }), {
            abortSignal,
          }),
        ),
        tried('dynamodb:DeleteItem', () => client.send(new DeleteItemCommand({ TableName, Key: nobody, ConditionExpression: never }), { abortSignal })),
      ]),
    async rows(described, retentionMs, signal) {
      const [rows, peers] = await Promise.all([
        answer('dynamodb:Scan', () => inspector.rows(signal)),
        answer('dynamodb:GetItem', () => inspector.peers(signal)),
      ]);
      if (!rows.ok) return { rows, peers, foreign: undefined, lags: undefined };
      const foreign = foreignOf(inspector, rows.value, described);
      const lags = foreign === undefined ? await answer(names.page, () => lagsOf(config, machine, rows.value, retentionMs, signal)) : undefined;
      return { rows, peers, foreign, lags };
    },
    clock: () => clock,
    async close() {
      client.destroy();
      await inspector.close();
    },
  };
}
