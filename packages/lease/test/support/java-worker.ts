// What workers of the Java KCL write to a lease row, with a raw client: they know none of our marks and leave them where they are.
import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';

export interface JavaWorkers {
  /** A 2.x worker takes or steals a lease: by its counter. */
  takes2x(key: string, worker: string): Promise<void>;
  /** A 3.x leader gives a lease to a worker: by its owner fields, whatever the counter. */
  assigns3x(key: string, worker: string): Promise<void>;
  /** A worker of either renews what it owns. */
  renews(key: string): Promise<void>;
}

export function javaWorkers(client: DynamoDBClient, table: string): JavaWorkers {
  const common = (key: string) => ({ TableName: table, Key: { leaseKey: { S: key } } });
  const seen = async (key: string) => (await client.send(new GetItemCommand({ ...common(key), ConsistentRead: true }))).Item ?? {};
  return {
    async takes2x(key, worker) {
      const { leaseCounter, leaseOwner } = await seen(key);
      const switched = leaseOwner !== undefined && leaseOwner.S !== worker;
      await client.send(
        new UpdateItemCommand({
          ...common(key),
          ConditionExpression: 'leaseCounter = :c',
          UpdateExpression: 'SET leaseOwner = :me, leaseCounter = leaseCounter + :one REMOVE checkpointOwner ADD ownerSwitchesSinceCheckpoint :switched',
          ExpressionAttributeValues: {
            ':c': leaseCounter ?? { N: '0' },
            ':me': { S: worker },
            ':one': { N: '1' },
            ':switched': { N: switched ? '1' : '0' },
          },
        }),
      );
    },
    async assigns3x(key, worker) {
      const { leaseOwner } = await seen(key);
      const owner = leaseOwner === undefined ? 'attribute_not_exists(leaseOwner)' : 'leaseOwner = :owner';
      await client.send(
        new UpdateItemCommand({
          ...common(key),
          ConditionExpression: `attribute_exists(leaseKey) AND ${owner} AND attribute_not_exists(checkpointOwner)`,
          UpdateExpression: 'SET leaseOwner = :to REMOVE checkpointOwner ADD leaseCounter :one, ownerSwitchesSinceCheckpoint :one',
          ExpressionAttributeValues: { ':to': { S: worker }, ':one': { N: '1' }, ...(leaseOwner === undefined ? {} : { ':owner': leaseOwner }) },
        }),
      );
    },
    async renews(key) {
      const { leaseCounter } = await seen(key);
      await client.send(
        new UpdateItemCommand({
          ...common(key),
          ConditionExpression: 'leaseCounter = :c AND attribute_not_exists(checkpointOwner)',
          UpdateExpression: 'SET leaseCounter = leaseCounter + :one',
          ExpressionAttributeValues: { ':c': leaseCounter ?? { N: '0' }, ':one': { N: '1' } },
        }),
      );
    },
  };
}
