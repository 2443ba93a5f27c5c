// A lease table on a DynamoDB server as the conformance suite wants it: two clients, and faults injected into one of them.
import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { createDynamoClient } from '../../src/dynamodb/client.ts';
import { dynamodbLeaseStore } from '../../src/dynamodb/store.ts';
import { systemMachine } from '../../src/system.ts';
import type { LeaseTableUnderTest } from '../../src/testing/conformance/harness.ts';
import type { LeaseStore } from '../../src/types.ts';

export const times = { requestTimeoutMs: 5000 };
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

export function clientOf(endpoint: string): DynamoDBClient {
  return createDynamoClient({ endpoint, region: 'us-east-1', credentials, requestTimeoutMs: times.requestTimeoutMs, maxAttempts: 1 });
}

const cut = () => Object.assign(new Error('the test pulled the plug'), { name: 'TimeoutError' });

export interface PluggedStore {
  readonly store: LeaseStore;
  /** The next write is carried out, and its answer never comes. */
  loseNextAnswer(): void;
  /** The next write never leaves. */
  failNextWrite(): void;
}

/** A store whose network fails on demand; below the client, where a real one does. */
export function pluggedStore(endpoint: string, table: string): PluggedStore {
  const client = clientOf(endpoint);
  const armed = { before: false, after: false };
  const { requestHandler } = client.config;
  const handle = requestHandler.handle.bind(requestHandler);
  requestHandler.handle = async (request, options) => {
    const writes = /\.(Put|Update|Delete)Item$/.test(String(request.headers['x-amz-target']));
    if (writes && armed.before) {
      armed.before = false;
      throw cut();
    }
    const answer = await handle(request, options);
    if (writes && armed.after) {
      armed.after = false;
      throw cut();
    }
    return answer;
  };
  return {
    store: dynamodbLeaseStore({ client, table, times, timers: systemMachine.timers }),
    loseNextAnswer: () => {
      armed.after = true;
    },
    failNextWrite: () => {
      armed.before = true;
    },
  };
}

/** The raw items of a table, past every store. */
export function rawItems(client: DynamoDBClient, table: string): Pick<LeaseTableUnderTest, 'put' | 'get'> {
  return {
    async put(item) {
      await client.send(new PutItemCommand({ TableName: table, Item: { ...item } }));
    },
    async get(key) {
      return (await client.send(new GetItemCommand({ TableName: table, Key: { leaseKey: { S: key } }, ConsistentRead: true }))).Item;
    },
  };
}

export async function dynamoTableUnderTest(endpoint: string, table: string): Promise<LeaseTableUnderTest> {
  const raw = clientOf(endpoint);
  const mine = pluggedStore(endpoint, table);
  const { store: rival } = pluggedStore(endpoint, table);
  await mine.store.open(new AbortController().signal);
  return {
    ...mine,
    rival,
    ...rawItems(raw, table),
    async close() {
      await Promise.all([mine.store.close(), rival.close()]);
      raw.destroy();
    },
  };
}
