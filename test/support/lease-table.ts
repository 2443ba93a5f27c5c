// Makes a lease table before any worker does, and waits until it takes rows. It knows no row.
import { CreateTableCommand, DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { until } from './until.ts';

/** `units`: of provisioned throughput, each way; without them the table is paid per request. */
export async function newLeaseTable(dynamo: DynamoDBClient, TableName: string, units?: number): Promise<void> {
  await dynamo.send(
    new CreateTableCommand({
      TableName,
      ...(units === undefined ? { BillingMode: 'PAY_PER_REQUEST' } : { ProvisionedThroughput: { ReadCapacityUnits: units, WriteCapacityUnits: units } }),
      KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
    }),
  );
  const command = new DescribeTableCommand({ TableName });
  await until('the table', async () => (await dynamo.send(command)).Table?.TableStatus === 'ACTIVE');
}
