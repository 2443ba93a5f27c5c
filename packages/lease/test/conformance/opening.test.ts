// Opening a table as the service itself answers: options of a new table that take a while or are refused, a table that somebody
// else makes, and tables that nothing can be done with.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TableCreation } from '../../src/dynamodb/creation.ts';
import { dynamodbLeaseStore } from '../../src/dynamodb/store.ts';
import { systemMachine } from '../../src/system.ts';
import type { LeaseStore } from '../../src/types.ts';
import { clientOf, times } from '../support/dynamo-table-under-test.ts';
import { type Answer, failure, type ScriptedDynamo, scriptedDynamo, success } from '../support/scripted-dynamo.ts';

const never = new AbortController().signal;
const missing = failure(400, 'ResourceNotFoundException');
const described = (TableStatus: string, more: object = {}): Answer =>
  success({
    Table: {
      TableName: 'orders',
      TableArn: 'arn:aws:dynamodb:us-east-1:123456789012:table/orders',
      TableStatus,
      KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
      ...more,
    },
  });
const made = success({ TableDescription: {} });

let server: ScriptedDynamo;
const stores: LeaseStore[] = [];

beforeEach(async () => {
  server = await scriptedDynamo();
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await server.stop();
});

function open(creation?: TableCreation): Promise<void> {
  const more = creation === undefined ? {} : { creation };
  const store = dynamodbLeaseStore({ client: clientOf(server.url), table: 'orders', times, timers: systemMachine.timers, ...more });
  stores.push(store);
  return store.open(never);
}

const operations = () => server.requests.map(({ operation }) => operation);
const bodyOf = (name: string) => server.requests.find(({ operation }) => operation === name)?.body;

describe('a new table', () => {
  it('is asked for with all its options, and is open once the last of them is set', async () => {
    server.answers = [
      missing,
      made,
      described('CREATING'),
      described('ACTIVE', { DeletionProtectionEnabled: true }),
      success({ Tags: [{ Key: 'team', Value: 'orders' }] }),
      failure(400, 'ContinuousBackupsUnavailableException'),
      failure(400, 'ThrottlingException'),
      success({ ContinuousBackupsDescription: { ContinuousBackupsStatus: 'ENABLED' } }),
      success({ TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true } }),
    ];
    await open({
      billing: { mode: 'provisioned', readUnits: 7, writeUnits: 9 },
      deletionProtection: true,
      pointInTimeRecovery: true,
      timeToLiveAttribute: 'expires',
      tags: { team: 'orders' },
    });
    expect(bodyOf('CreateTable')).toMatchObject({
      TableName: 'orders',
      BillingMode: 'PROVISIONED',
      ProvisionedThroughput: { ReadCapacityUnits: 7, WriteCapacityUnits: 9 },
      DeletionProtectionEnabled: true,
      Tags: [{ Key: 'team', Value: 'orders' }],
      KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
    });
    expect(bodyOf('UpdateContinuousBackups')).toMatchObject({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } });
    expect(bodyOf('UpdateTimeToLive')).toMatchObject({ TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true } });
    expect(operations().filter((operation) => operation === 'UpdateContinuousBackups')).toHaveLength(3);
    expect(server.answers).toEqual([]);
  });

  it('is asked for with nothing that nobody named', async () => {
    server.answers = [missing, made, described('ACTIVE')];
    await open();
    expect(Object.keys(bodyOf('CreateTable') ?? {}).sort()).toEqual(['AttributeDefinitions', 'BillingMode', 'KeySchema', 'TableName']);
    expect(operations()).toEqual(['DescribeTable', 'CreateTable', 'DescribeTable']);
  });

  it('gets its options also when the answer to its making was lost', async () => {
    server.answers = [missing, failure(500, 'InternalServerError'), described('ACTIVE'), success({})];
    await open({ timeToLiveAttribute: 'expires' });
    expect(operations().at(-1)).toBe('UpdateTimeToLive');
  });

  it('gets its options from whoever made it', async () => {
    server.answers = [missing, failure(400, 'ResourceInUseException'), described('ACTIVE')];
    await open({ timeToLiveAttribute: 'expires', tags: { team: 'orders' }, deletionProtection: true });
    expect(operations()).toEqual(['DescribeTable', 'CreateTable', 'DescribeTable']);
  });

  it.each<[string, string, TableCreation, readonly Answer[]]>([
    ['time to live', 'TABLE_DENIED', { timeToLiveAttribute: 'expires' }, [failure(400, 'AccessDeniedException')]],
    ['deletion protection', 'TABLE_SCHEMA', { deletionProtection: true }, []],
    ['tags', 'TABLE_SCHEMA', { tags: { team: 'orders' } }, [success({ Tags: [{ Key: 'team', Value: 'other' }] })]],
  ])('whose %s is refused or ignored is an error (%s) that says so', async (what, code, creation, answers) => {
    server.answers = [missing, made, described('ACTIVE'), ...answers];
    await expect(open(creation)).rejects.toMatchObject({ code, retryable: false, message: expect.stringContaining(`its ${what} could not be set`) });
  });

  it('that may not be made is an error at once', async () => {
    server.answers = [missing, failure(400, 'AccessDeniedException')];
    await expect(open()).rejects.toMatchObject({ code: 'TABLE_DENIED' });
    expect(operations()).toEqual(['DescribeTable', 'CreateTable']);
  });
});

describe('a table that is there', () => {
  it('is left as it is, whatever options are asked for', async () => {
    server.answers = [described('ACTIVE')];
    await open({ deletionProtection: true, pointInTimeRecovery: true, timeToLiveAttribute: 'expires', tags: { team: 'orders' } });
    expect(operations()).toEqual(['DescribeTable']);
  });

  it.each(['INACCESSIBLE_ENCRYPTION_CREDENTIALS', 'ARCHIVING', 'ARCHIVED'])('and is %s is refused at once', async (status) => {
    server.answers = [described(status)];
    await expect(open()).rejects.toMatchObject({ code: 'TABLE_DENIED', retryable: false, message: expect.stringContaining(status) });
  });
});

describe('the size of the table', () => {
  it.each([
    [100_000, 1],
    [600_000, 3],
    [50_000_000, 4],
  ])('%i bytes, as last counted, are read in %i parts', async (TableSizeBytes, parts) => {
    server.answers = [described('ACTIVE', { TableSizeBytes })];
    server.respond = () => success({ Items: [] });
    await open();
    const [store] = stores;
    expect(await store?.list({ consistent: false }, never)).toEqual({ leases: [], broken: [], bytes: 0 });
    const scans = server.requests.filter(({ operation }) => operation === 'Scan').map(({ body }) => [body.Segment, body.TotalSegments, body.Limit]);
    const expected = parts === 1 ? [[undefined, undefined, 250]] : Array.from({ length: parts }, (_, segment) => [segment, parts, 250]);
    expect(scans.sort()).toEqual(expected);
    server.requests.length = 0;
    await store?.list({ consistent: false }, never);
    expect(server.requests, 'the next reading goes by what this one found').toHaveLength(1);
  });

  const endless = success({ Items: [], LastEvaluatedKey: { leaseKey: { S: 'again' } } });

  it('is too much when there is no end to it', async () => {
    server.answers = [described('ACTIVE')];
    server.respond = () => endless;
    await open();
    await expect(stores[0]?.list({ consistent: false }, never)).rejects.toMatchObject({ code: 'TABLE_FOREIGN' });
  });

  it('once one part of it cannot be read the other parts are not read on', async () => {
    server.answers = [described('ACTIVE', { TableSizeBytes: 1_000_000 }), endless, endless, endless, endless, failure(400, 'ThrottlingException')];
    server.respond = ({ operation }) => (operation === 'Scan' ? endless : success({}));
    await open();
    await expect(stores[0]?.list({ consistent: false }, never)).rejects.toMatchObject({ code: 'TABLE_THROTTLED' });
    const scans = () => server.requests.filter(({ operation }) => operation === 'Scan').length;
    const before = scans();
    for (let turn = 0; turn < 20; turn += 1) await stores[0]?.read('k', never);
    expect(scans() - before).toBeLessThanOrEqual(3);
  });
});
