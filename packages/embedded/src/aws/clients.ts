// AWS clients for a server on this machine: HTTP/1.1, since emulators answer HTTP/2 badly, and made-up credentials.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface AwsClients {
  readonly kinesis: KinesisClient;
  readonly dynamo: DynamoDBClient;
  /** Closes their connections. */
  destroy(): void;
}

/** Clients of whatever listens at `url`; use the one that it understands. */
export function awsClients(url: string): AwsClients {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const common = { endpoint: url, region: 'us-east-1', credentials };
  const kinesis = new KinesisClient({ ...common, requestHandler: new NodeHttpHandler() });
  const dynamo = new DynamoDBClient({ ...common, requestHandler: new NodeHttpHandler() });
  return {
    kinesis,
    dynamo,
    destroy() {
      kinesis.destroy();
      dynamo.destroy();
    },
  };
}
