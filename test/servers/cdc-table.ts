// A DynamoDB table whose changes go to a Kinesis stream, as AWS and LocalStack have it. It makes neither the stream nor a change.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateTableCommand,
  DescribeKinesisStreamingDestinationCommand,
  DynamoDBClient,
  EnableKinesisStreamingDestinationCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';

export interface CdcTableOptions {
  /** Of DynamoDB and Kinesis both. */
  readonly url: string;
  readonly table: string;
  /** The hash key, then the range key if there is one. */
  readonly keySchema: readonly { readonly name: string; readonly type: 'S' | 'N' | 'B' }[];
  /** An ACTIVE stream's name. */
  readonly stream: string;
}

const maxLooks = 300;
const lookIntervalMs = 100;
/** The account that emulators give to everybody. */
const account = '000000000000';

/** Resolves when changes of the table go to the stream. */
export async function cdcTable(options: CdcTableOptions): Promise<void> {
  const region = 'us-east-1';
  const dynamo = new DynamoDBClient({ endpoint: options.url, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  try {
    await dynamo.send(
      new CreateTableCommand({
        TableName: options.table,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: options.keySchema.map(({ name }, index) => ({ AttributeName: name, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
        AttributeDefinitions: options.keySchema.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
      }),
    );
    await waitUntilTableExists({ client: dynamo, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { TableName: options.table });
    await dynamo.send(
      new EnableKinesisStreamingDestinationCommand({ TableName: options.table, StreamArn: `arn:aws:kinesis:${region}:${account}:stream/${options.stream}` }),
    );
    await destinationActive(dynamo, options.table);
  } finally {
    dynamo.destroy();
  }
}

async function destinationActive(dynamo: DynamoDBClient, table: string): Promise<void> {
  for (let look = 0; look < maxLooks; look += 1) {
    const answer = await dynamo.send(new DescribeKinesisStreamingDestinationCommand({ TableName: table }));
    const [destination] = answer.KinesisDataStreamDestinations ?? [];
    if (destination?.DestinationStatus === 'ACTIVE') return;
    if (destination?.DestinationStatus === 'ENABLE_FAILED')
      throw new Error(`the stream of table ${table} could not be enabled: ${destination.DestinationStatusDescription}`);
    await sleep(lookIntervalMs);
  }
  throw new Error(`the stream of table ${table} did not become active`);
}
