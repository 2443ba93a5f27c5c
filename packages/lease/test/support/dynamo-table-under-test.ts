// A lease table on a DynamoDB server as the conformance suite wants it: two clients, and faults injected into one of them.
import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { createDynamoClient } from '../../src/dynamodb/client.ts';
import { dynamodbLeaseStore } from '../../src/dynamodb/store.ts';
import { systemMachine } from '../../src/system.ts';
import type { LeaseTableUnderTest } from '../../src/testing/conformance/harness.ts';

export const times = { requestTimeoutMs: 5000 };
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

export function clientOf(endpoint: string): DynamoDBClient {
  return createDynamoClient({ endpoint, region: 'us-east-1', credentials, requestTimeoutMs: times.requestTimeoutMs, maxAttempts: 1 });
}

const cut = () => Object.assign(new Error('the test pulled the plug'), { name: 'TimeoutError' });

/** Below the retries, where a real network fails. */
function faultsInto(client: DynamoDBClient): { before: boolean; after: boolean } {
  const armed = { before: false, after: false };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const writes = /^(Put|Update|Delete)ItemCommand$/.test(String(context.commandName));
      if (writes && armed.before) {
        armed.before = false;
        throw cut();
      }
      const answer = await next(args);
      if (writes && armed.after) {
        armed.after = false;
        throw cut();
      }
      return answer;
    },
    { step: 'finalizeRequest', priority: 'low', name: 'plug' },
  );
  return armed;
}

export async function dynamoTableUnderTest(endpoint: string, table: string): Promise<LeaseTableUnderTest> {
  const raw = clientOf(endpoint);
  const mine = clientOf(endpoint);
  const armed = faultsInto(mine);
  const store = dynamodbLeaseStore({ client: mine, table, times, timers: systemMachine.timers });
  const rival = dynamodbLeaseStore({ client: clientOf(endpoint), table, times, timers: systemMachine.timers });
  await store.open(new AbortController().signal);
  return {
    store,
    rival,
    async put(item) {
      await raw.send(new PutItemCommand({ TableName: table, Item: { ...item } }));
    },
    async get(key) {
      return (await raw.send(new GetItemCommand({ TableName: table, Key: { leaseKey: { S: key } }, ConsistentRead: true }))).Item;
    },
    loseNextAnswer: () => {
      armed.after = true;
    },
    failNextWrite: () => {
      armed.before = true;
    },
    async close() {
      await Promise.all([store.close(), rival.close()]);
      raw.destroy();
    },
  };
}
