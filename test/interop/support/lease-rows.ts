// A lease table as it lies in DynamoDB, read without any code of ours, and adopted with ours. It knows no worker.
import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { openLeaseTable } from '@shardfold/consumer';
import { systemMachine } from '@shardfold/lease';

export interface LeaseRow {
  readonly shard: string;
  readonly owner: string | undefined;
  readonly checkpoint: string;
}

const answerTimeoutMs = 30_000;

/** The leases; what else a KCL keeps in the table is left out. */
export async function leaseRows(dynamo: DynamoDBClient, table: string): Promise<readonly LeaseRow[]> {
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
  return Items.flatMap((item) => {
    if (item.leaseCounter?.N === undefined) return [];
    return [{ shard: item.leaseKey?.S ?? '', owner: item.leaseOwner?.S, checkpoint: item.checkpoint?.S ?? '' }];
  });
}

/** How many leases name each owner. */
export function sharesIn(rows: readonly LeaseRow[]): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  for (const { owner } of rows) if (owner !== undefined) shares.set(owner, (shares.get(owner) ?? 0) + 1);
  return shares;
}

/** By shard. */
export function checkpointsIn(rows: readonly LeaseRow[]): ReadonlyMap<string, string> {
  return new Map(rows.map((row) => [row.shard, row.checkpoint]));
}

/** As `shardfold leases adopt` does it. */
export async function adopt(dynamoUrl: string, application: string): Promise<void> {
  const dynamodb = { endpoint: dynamoUrl, region: 'us-east-1' };
  const table = openLeaseTable({ application, table: application, dynamodb, machine: systemMachine });
  try {
    await table.adopt(AbortSignal.timeout(answerTimeoutMs));
  } finally {
    await table.close();
  }
}
