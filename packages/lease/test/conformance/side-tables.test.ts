// The two tables that a KCL 3.0 to 3.4 fleet keeps beside the lease table, with the items that a real one left.
import { CreateTableCommand, DescribeTableCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type Embedded, startDynamo } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dynamodbLeaseStore } from '../../src/dynamodb/store.ts';
import { systemMachine } from '../../src/system.ts';
import type { LeaseStore } from '../../src/types.ts';
import { clientOf, times } from '../support/dynamo-table-under-test.ts';
import { itemsOf, leftBeside } from '../support/fixtures.ts';
import { failure, type ScriptedDynamo, scriptedDynamo, success } from '../support/scripted-dynamo.ts';

const never = new AbortController().signal;
describe('beside the lease table', () => {
  let server: Embedded | undefined;
  let client: DynamoDBClient;
  let applications = 0;

  beforeAll(async () => {
    server = await startDynamo();
    client = clientOf(server.url);
  });
  afterAll(async () => {
    client.destroy();
    await server?.stop();
  });

  /** A table as the dump holds it; `suffix` as in the file's name. */
  async function dumped(application: string, suffix: '' | '-CoordinatorState' | '-WorkerMetricStats', keyName: string): Promise<void> {
    const TableName = `${application}${suffix}`;
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: keyName, KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: keyName, AttributeType: 'S' }],
      }),
    );
    let active = false;
    while (!active) active = (await client.send(new DescribeTableCommand({ TableName }))).Table?.TableStatus === 'ACTIVE';
    for (const item of itemsOf(`kcl-3.4.2/08-pending-checkpoint${suffix}.json`)) await client.send(new PutItemCommand({ TableName, Item: { ...item } }));
  }

  async function storeBeside(suffixes: readonly ('-CoordinatorState' | '-WorkerMetricStats')[], table?: string): Promise<LeaseStore> {
    applications += 1;
    const application = `orders-${applications}`;
    for (const suffix of suffixes) await dumped(application, suffix, suffix === '-CoordinatorState' ? 'key' : 'wid');
    if (table === undefined) await dumped(application, '', 'leaseKey');
    const named = table === undefined ? { table: application } : { table, application };
    const store = dynamodbLeaseStore({ client, ...named, times, timers: systemMachine.timers });
    await store.open(never);
    return store;
  }

  it('is the fleet’s state', async () => {
    const store = await storeBeside(['-CoordinatorState', '-WorkerMetricStats']);
    expect(await store.peers(never)).toEqual(leftBeside);
    expect(await store.peers(never, { metrics: false })).toEqual({ ...leftBeside, metrics: [] });
    expect((await store.list({ consistent: true }, never)).leases).toHaveLength(4);
  });

  it('is the state of the application, not of the lease table, where these have two names', async () => {
    const store = await storeBeside(['-CoordinatorState', '-WorkerMetricStats'], 'leases-elsewhere');
    expect(await store.peers(never)).toEqual(leftBeside);
  });

  it('there may be one table, or none', async () => {
    expect(await (await storeBeside(['-CoordinatorState'])).peers(never)).toEqual({ ...leftBeside, metrics: [] });
    expect(await (await storeBeside(['-WorkerMetricStats'])).peers(never)).toEqual({ metrics: leftBeside.metrics });
    expect(await (await storeBeside([])).peers(never)).toEqual({ metrics: [] });
  });
});

describe('where reading is not allowed', () => {
  let server: ScriptedDynamo;
  let store: LeaseStore;
  beforeEach(async () => {
    server = await scriptedDynamo();
    store = dynamodbLeaseStore({ client: clientOf(server.url), table: 'orders', times, timers: systemMachine.timers });
  });
  afterEach(async () => {
    await store.close();
    await server.stop();
  });

  const denied = failure(400, 'AccessDeniedException');

  it('a side table holds nothing, and everything is read consistently', async () => {
    server.respond = ({ body: { TableName }, operation }) => {
      if (TableName !== 'orders') return denied;
      return success(operation === 'Scan' ? { Items: [] } : {});
    };
    expect(await store.peers(never)).toEqual({ metrics: [] });
    expect(server.requests.map(({ operation, body }) => `${operation} ${body.TableName} ${body.ConsistentRead}`).sort()).toEqual([
      'GetItem orders true',
      'GetItem orders true',
      'GetItem orders-CoordinatorState true',
      'GetItem orders-CoordinatorState true',
      'Scan orders true',
      'Scan orders-WorkerMetricStats true',
    ]);
  });

  it('the lease table is an error, and so is a side table that fails otherwise', async () => {
    server.respond = ({ body: { TableName } }) => (TableName === 'orders' ? denied : success({ Items: [] }));
    await expect(store.peers(never)).rejects.toMatchObject({ code: 'TABLE_DENIED' });
    server.respond = ({ body: { TableName } }) => (TableName === 'orders' ? success({ Items: [] }) : failure(400, 'ThrottlingException'));
    await expect(store.peers(never)).rejects.toMatchObject({ code: 'TABLE_THROTTLED', retryable: true });
    server.respond = ({ body: { TableName } }) => (TableName === 'orders' ? success({ Items: [] }) : failure(400, 'ExpiredTokenException'));
    await expect(store.peers(never)).rejects.toMatchObject({ code: 'TABLE_DENIED' });
  });
});
