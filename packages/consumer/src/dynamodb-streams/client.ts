// Makes the clients for DynamoDB's streams and for the tables that have them. They know no table.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { clientConfig, createHttpHandler, type KinesisAccess } from '../kinesis/client.ts';

export interface StreamsClients {
  readonly streams: DynamoDBStreamsClient;
  readonly tables: DynamoDBClient;
}

/** With an endpoint, it answers for both. */
export function createStreamsClients(access: KinesisAccess): StreamsClients {
  const config = clientConfig(access);
  return {
    streams: new DynamoDBStreamsClient({ ...config, requestHandler: createHttpHandler() }),
    tables: new DynamoDBClient({ ...config, requestHandler: createHttpHandler() }),
  };
}
