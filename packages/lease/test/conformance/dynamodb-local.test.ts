// The DynamoDB store against Amazon's own DynamoDB Local: the suite of every lease store, with the row in the answer to a failed
// condition, and the options of a new table.
import { DescribeTableCommand, DescribeTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { TableCreation } from '../../src/dynamodb/creation.ts';
import { dynamodbLeaseStore } from '../../src/dynamodb/store.ts';
import { systemMachine } from '../../src/system.ts';
import { never } from '../../src/testing/conformance/harness.ts';
import { leaseStoreConformance } from '../../src/testing/conformance/suite.ts';
import { clientOf, dynamoTableUnderTest, times } from '../support/dynamo-table-under-test.ts';
import { localDynamo } from '../support/dynamodb-local.ts';

const server = await localDynamo();
let tables = 0;
const newName = () => {
  tables += 1;
  return `leases-${tables}`;
};

function creationSuite(url: string): void {
  const open = async (creation: TableCreation) => {
    const table = newName();
    const client = clientOf(url);
    onTestFinished(() => client.destroy());
    await dynamodbLeaseStore({ client, table, creation, times, timers: systemMachine.timers }).open(never);
    const { Table = {} } = await client.send(new DescribeTableCommand({ TableName: table }));
    return { client, table, Table };
  };

  describe('a new table', () => {
    it('is on demand unless told otherwise', async () => {
      const { Table } = await open({});
      expect(Table.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST');
    });

    it('has the capacity that was asked for', async () => {
      const { Table } = await open({ billing: { mode: 'provisioned', readUnits: 7, writeUnits: 9 } });
      expect(Table.ProvisionedThroughput).toMatchObject({ ReadCapacityUnits: 7, WriteCapacityUnits: 9 });
    });

    it('has deletion protection and a time to live when asked for', async () => {
      const { client, table, Table } = await open({ deletionProtection: true, timeToLiveAttribute: 'expires' });
      expect(Table.DeletionProtectionEnabled).toBe(true);
      const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: table }));
      expect(TimeToLiveDescription).toMatchObject({ AttributeName: 'expires', TimeToLiveStatus: expect.stringMatching(/^ENABL/) });
    });

    it.each<[string, TableCreation]>([
      ['point-in-time recovery', { pointInTimeRecovery: true }],
      ['tags', { tags: { team: 'orders' } }],
    ])('is an error that says so where the server does not know its %s', async (what, creation) => {
      await expect(open(creation)).rejects.toMatchObject({
        code: 'TABLE_SCHEMA',
        retryable: false,
        message: expect.stringMatching(new RegExp(`was made, but its ${what} could not be set.*UnknownOperation`)),
      });
    });
  });
}

if ('skipped' in server) {
  it.skip(`DynamoDB Local is not to be had: ${server.skipped}`);
} else {
  afterAll(() => server.stop());
  leaseStoreConformance('DynamoDB Local', () => dynamoTableUnderTest(server.url, newName()));
  creationSuite(server.url);
}
