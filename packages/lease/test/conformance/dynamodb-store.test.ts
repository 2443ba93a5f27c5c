// The DynamoDB store against a server: the suite of every lease store, and what only a server can show.
import { CreateTableCommand, DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { type Embedded, startDynamo } from '@shardfold/embedded';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamodbLeaseStore } from '../../src/dynamodb/store.ts';
import { systemMachine } from '../../src/system.ts';
import { fresh, never } from '../../src/testing/conformance/harness.ts';
import { leaseStoreConformance } from '../../src/testing/conformance/suite.ts';
import { clientOf, dynamoTableUnderTest, times } from '../support/dynamo-table-under-test.ts';

let server: Embedded | undefined;
let tables = 0;

const endpoint = () => server?.url ?? '';
const newName = () => {
  tables += 1;
  return `leases-${tables}`;
};

beforeAll(async () => {
  server = await startDynamo();
});
afterAll(async () => {
  await server?.stop();
});

leaseStoreConformance('DynamoDB (dynalite)', () => dynamoTableUnderTest(endpoint(), newName()));

describe('open', () => {
  it('makes an on-demand table with the only key leaseKey, and takes one that is there', async () => {
    const table = newName();
    const client = clientOf(endpoint());
    const store = dynamodbLeaseStore({ client, table, times, timers: systemMachine.timers });
    await Promise.all([store.open(never), store.open(never), store.open(never)]);
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
    expect(Table?.KeySchema).toEqual([{ AttributeName: 'leaseKey', KeyType: 'HASH' }]);
    expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST');
    await store.open(never);
    await store.close();
  });

  it('refuses a table whose key is another, and leaves it as it is', async () => {
    const table = newName();
    const client = clientOf(endpoint());
    await client.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      }),
    );
    const store = dynamodbLeaseStore({ client, table, times, timers: systemMachine.timers });
    await expect(store.open(never)).rejects.toMatchObject({ code: 'TABLE_SCHEMA', message: expect.stringContaining('id S HASH') });
    await expect(store.create(fresh, never)).rejects.toMatchObject({ code: 'TABLE_SCHEMA', retryable: false });
    await store.close();
  });
});

describe('the server’s own answers', () => {
  it('a table that is not there is TABLE_MISSING', async () => {
    const store = dynamodbLeaseStore({ client: clientOf(endpoint()), table: 'nowhere', times, timers: systemMachine.timers });
    await expect(store.list({ consistent: true }, never)).rejects.toMatchObject({ code: 'TABLE_MISSING', retryable: false });
    await store.close();
  });

  it('a port that nobody listens on is TABLE_UNREACHABLE', async () => {
    const store = dynamodbLeaseStore({ client: clientOf('http://127.0.0.1:9'), table: 'any', times, timers: systemMachine.timers });
    await expect(store.read('k', never)).rejects.toMatchObject({ code: 'TABLE_UNREACHABLE', retryable: true });
    await store.close();
  });

  it('reads a table of several pages whole', async () => {
    const table = await dynamoTableUnderTest(endpoint(), newName());
    const ballast = { S: 'x'.repeat(300_000) };
    const keys = ['s1', 's2', 's3', 's4', 's5'];
    for (const key of keys) await table.put({ leaseKey: { S: key }, leaseCounter: { N: '1' }, checkpoint: { S: 'LATEST' }, ballast });
    expect((await table.store.list({ consistent: true }, never)).leases.map((lease) => lease.key)).toEqual(keys);
    await table.close();
  });
});
