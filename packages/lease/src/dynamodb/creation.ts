// How a lease table is made that does not exist yet, and what is switched on once it is there. It waits for nothing.
import {
  type CreateTableCommandInput,
  ListTagsOfResourceCommand,
  type TableDescription,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { LeaseError } from '../errors.ts';
import { leaseKeyName } from '../rows/attributes.ts';
import { type Link, send } from './send.ts';

/** How to make the lease table where there is none; a table that exists is left as it is. */
export interface TableCreation {
  /** Absent: on demand. */
  readonly billing?: { readonly mode: 'on-demand' } | { readonly mode: 'provisioned'; readonly readUnits: number; readonly writeUnits: number };
  readonly pointInTimeRecovery?: boolean;
  readonly deletionProtection?: boolean;
  /** The attribute by which DynamoDB shall delete rows; this package writes none. */
  readonly timeToLiveAttribute?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

function billingInput(billing: TableCreation['billing']): Pick<CreateTableCommandInput, 'BillingMode' | 'ProvisionedThroughput'> {
  if (billing?.mode !== 'provisioned') return { BillingMode: 'PAY_PER_REQUEST' };
  return { BillingMode: 'PROVISIONED', ProvisionedThroughput: { ReadCapacityUnits: billing.readUnits, WriteCapacityUnits: billing.writeUnits } };
}

export function creationInput(table: string, { billing, deletionProtection, tags }: TableCreation): CreateTableCommandInput {
  return {
    TableName: table,
    ...billingInput(billing),
    KeySchema: [{ AttributeName: leaseKeyName, KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: leaseKeyName, AttributeType: 'S' }],
    ...(deletionProtection === true ? { DeletionProtectionEnabled: true } : {}),
    ...(tags === undefined ? {} : { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
  };
}

/** Something that is asked for, and done once the table is active. */
export interface Finishing {
  readonly what: string;
  run(signal: AbortSignal): Promise<void>;
}

function ignored(what: string): LeaseError {
  return new LeaseError('TABLE_SCHEMA', `The server accepted the ${what} and did not set it.`);
}

function* finishings(link: Link, description: TableDescription, creation: TableCreation): Generator<Finishing> {
  const { pointInTimeRecovery, deletionProtection, timeToLiveAttribute, tags } = creation;
  const TableName = link.table;
  if (deletionProtection === true) {
    const what = 'deletion protection';
    yield {
      what,
      async run() {
        if (description.DeletionProtectionEnabled !== true) throw ignored(what);
      },
    };
  }
  if (tags !== undefined && Object.keys(tags).length > 0) {
    yield { what: 'tags', run: (signal) => checkTags(link, description, tags, signal) };
  }
  if (pointInTimeRecovery === true) {
    const command = new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } });
    yield { what: 'point-in-time recovery', run: (signal) => send(link, signal, (options) => link.client.send(command, options)).then(() => undefined) };
  }
  if (timeToLiveAttribute !== undefined) {
    const command = new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { AttributeName: timeToLiveAttribute, Enabled: true } });
    yield { what: 'time to live', run: (signal) => send(link, signal, (options) => link.client.send(command, options)).then(() => undefined) };
  }
}

/** Emulators take tags they do not keep. */
async function checkTags(link: Link, description: TableDescription, tags: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
  const command = new ListTagsOfResourceCommand({ ResourceArn: description.TableArn });
  const { Tags = [] } = await send(link, signal, (options) => link.client.send(command, options));
  const kept = new Map(Tags.map(({ Key, Value }) => [Key, Value]));
  if (Object.entries(tags).some(([key, value]) => kept.get(key) !== value)) throw ignored('tags');
}

/** In order; `description` is the active table's. */
export function finishingsOf(link: Link, description: TableDescription, creation: TableCreation): readonly Finishing[] {
  return [...finishings(link, description, creation)];
}
