// Each embedded server answers like its service, on the loopback only, and is gone after its stop.
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand, PutRecordCommand, UpdateShardCountCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, test } from 'vitest';
import { newLeaseTable } from '../../../../test/support/lease-table.ts';
import { awsClients, createStream, startDynamo, startKinesis, startStack } from '../../src/index.ts';

function opens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

const otherAddresses = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter((address) => !address.internal && address.family === 'IPv4')
  .map((address) => address.address);

describe.each(['volume', 'semantics'] as const)('Kinesis for %s', (flavour) => {
  test('takes records and gives them back, then is gone', async () => {
    const server = await startKinesis({ flavour });
    const { kinesis, destroy } = awsClients(server.url);
    await createStream({ url: server.url, name: 'letters', shards: 2 });
    const { Shards: shards } = await kinesis.send(new ListShardsCommand({ StreamName: 'letters' }));
    expect(shards).toHaveLength(2);
    const put = await kinesis.send(new PutRecordCommand({ StreamName: 'letters', PartitionKey: 'a', Data: Buffer.from('hello') }));
    const { ShardIterator } = await kinesis.send(
      new GetShardIteratorCommand({ StreamName: 'letters', ShardId: put.ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    );
    const { Records: records } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
    expect(records?.map((record) => [record.SequenceNumber, Buffer.from(record.Data ?? []).toString()])).toEqual([[put.SequenceNumber, 'hello']]);
    const port = Number(new URL(server.url).port);
    for (const address of otherAddresses) expect(await opens(address, port)).toBe(false);
    destroy();
    await server.stop();
    await server.stop();
    expect(await opens('127.0.0.1', port)).toBe(false);
  });
});

test('Kinesis for semantics reshards', async () => {
  const server = await startKinesis({ flavour: 'semantics' });
  const { kinesis, destroy } = awsClients(server.url);
  await createStream({ url: server.url, name: 'grows', shards: 1 });
  await kinesis.send(new UpdateShardCountCommand({ StreamName: 'grows', TargetShardCount: 2, ScalingType: 'UNIFORM_SCALING' }));
  const { Shards: shards } = await kinesis.send(new ListShardsCommand({ StreamName: 'grows' }));
  expect(shards?.filter((shard) => shard.ParentShardId !== undefined)).toHaveLength(2);
  destroy();
  await server.stop();
});

test('a stream is made once', async () => {
  const server = await startKinesis();
  await createStream({ url: server.url, name: 'once', shards: 1 });
  await expect(createStream({ url: server.url, name: 'once', shards: 1 })).rejects.toMatchObject({ name: 'ResourceInUseException' });
  await server.stop();
});

test('DynamoDB keeps rows and honours conditions', async () => {
  const server = await startDynamo();
  const { dynamo, destroy } = awsClients(server.url);
  await newLeaseTable(dynamo, 'leases');
  const put = new PutItemCommand({ TableName: 'leases', Item: { leaseKey: { S: 'a' } }, ConditionExpression: 'attribute_not_exists(leaseKey)' });
  await dynamo.send(put);
  await expect(dynamo.send(put)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  const { Item: item } = await dynamo.send(new GetItemCommand({ TableName: 'leases', Key: { leaseKey: { S: 'a' } }, ConsistentRead: true }));
  expect(item).toEqual({ leaseKey: { S: 'a' } });
  const port = Number(new URL(server.url).port);
  for (const address of otherAddresses) expect(await opens(address, port)).toBe(false);
  destroy();
  await server.stop();
});

test('a stack is three servers with one end', async () => {
  const stack = await startStack();
  const ports = [stack.kinesis, stack.dynamo, stack.postgres].map((server) => Number(new URL(server.url).port));
  expect(new Set(ports).size).toBe(3);
  for (const port of ports) expect(await opens('127.0.0.1', port)).toBe(true);
  await stack.stop();
  for (const port of ports) expect(await opens('127.0.0.1', port)).toBe(false);
});
