// Makes the DynamoDB client that lease tables are reached with. It knows no lease.
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface DynamoClientOptions {
  /** Absent: the service itself, in `region`. */
  readonly endpoint?: string;
  /** Absent: the SDK's own chain (environment, profile, instance). */
  readonly region?: string;
  /** Absent: the SDK's own chain. */
  readonly credentials?: NonNullable<DynamoDBClientConfig['credentials']>;
  /** T of the protocol: after so many milliseconds without an answer a request counts as not answered. */
  readonly requestTimeoutMs: number;
  /** 1 for whatever writes leases: a repeated write is the store's business, which knows how to judge it. */
  readonly maxAttempts: number;
}

/** Enough for the writes of a thousand leases; each lease has one in flight. */
const maxSockets = 50;

/** A client over HTTP/1.1 with connections kept open. The caller destroys it. */
export function createDynamoClient(options: DynamoClientOptions): DynamoDBClient {
  const { endpoint, region, credentials, requestTimeoutMs, maxAttempts } = options;
  const agent = { keepAlive: true, maxSockets };
  return new DynamoDBClient({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts,
    requestHandler: new NodeHttpHandler({
      httpAgent: agent,
      httpsAgent: agent,
      connectionTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: requestTimeoutMs,
    }),
  });
}
