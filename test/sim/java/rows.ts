// The writes of a Java KCL on raw rows, each with the condition that the KCL has (its version 2.7 and the leader of 3.x). They
// touch only the attributes that Java knows.

import type { Request } from '../database.ts';
import type { Item } from '../expressions.ts';
import { tableName } from '../process.ts';

export interface JavaRow {
  readonly key: string;
  readonly owner: string | undefined;
  readonly checkpointOwner: string | undefined;
  readonly counter: number;
  readonly switches: number;
  readonly position: string;
  readonly parents: readonly string[];
}

export function javaRow(item: Item): JavaRow {
  return {
    key: item.leaseKey?.S ?? '',
    owner: item.leaseOwner?.S,
    checkpointOwner: item.checkpointOwner?.S,
    counter: Number(item.leaseCounter?.N),
    switches: Number(item.ownerSwitchesSinceCheckpoint?.N ?? 0),
    position: item.checkpoint?.S ?? '',
    parents: item.parentShardId?.SS ?? [],
  };
}

function update(key: string, UpdateExpression: string, ConditionExpression: string, values: Item): Request {
  const common = { TableName: tableName, Key: { leaseKey: { S: key } }, ReturnValues: 'ALL_NEW', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  return { operation: 'UpdateItem', input: { ...common, UpdateExpression, ConditionExpression, ExpressionAttributeValues: values } };
}

const number = (value: number) => ({ N: String(value) });
const text = (value: string) => ({ S: value });

export const readRow = (key: string): Request => ({
  operation: 'GetItem',
  input: { TableName: tableName, Key: { leaseKey: text(key) }, ConsistentRead: true },
});

export const scanRows: Request = { operation: 'Scan', input: { TableName: tableName, ConsistentRead: true } };

export function renewRow({ key, counter }: JavaRow): Request {
  return update(key, 'SET leaseCounter = :next', 'leaseCounter = :c', { ':c': number(counter), ':next': number(counter + 1) });
}

export function takeRow({ key, counter, owner, switches }: JavaRow, me: string): Request {
  const next = owner !== undefined && owner !== me ? switches + 1 : switches;
  return update(key, 'SET leaseOwner = :me, leaseCounter = :next, ownerSwitchesSinceCheckpoint = :switches REMOVE checkpointOwner', 'leaseCounter = :c', {
    ':me': text(me),
    ':c': number(counter),
    ':next': number(counter + 1),
    ':switches': number(next),
  });
}

export function checkpointRow({ key, counter }: JavaRow, position: string, children: readonly string[]): Request {
  const family = children.length === 0 ? '' : ', childShardIds = :children';
  return update(
    key,
    `SET leaseCounter = :next, checkpoint = :at, checkpointSubSequenceNumber = :zero, ownerSwitchesSinceCheckpoint = :zero${family} REMOVE pendingCheckpoint, pendingCheckpointSubSequenceNumber, pendingCheckpointState`,
    'leaseCounter = :c',
    {
      ':c': number(counter),
      ':next': number(counter + 1),
      ':at': text(position),
      ':zero': number(0),
      ...(children.length === 0 ? {} : { ':children': { SS: [...children] } }),
    },
  );
}

export function createRow(key: string, parents: readonly string[]): Request {
  return {
    operation: 'PutItem',
    input: {
      TableName: tableName,
      ConditionExpression: 'attribute_not_exists(leaseKey)',
      Item: {
        leaseKey: text(key),
        leaseCounter: number(0),
        ownerSwitchesSinceCheckpoint: number(0),
        checkpoint: text('TRIM_HORIZON'),
        checkpointSubSequenceNumber: number(0),
        ...(parents.length === 0 ? {} : { parentShardId: { SS: [...parents] } }),
      },
    },
  };
}

/** The leader of a 3.x fleet names the next owner and waits for the current one; the counter stays. */
export function assignPair({ key, owner }: JavaRow, next: string): Request {
  return update(key, 'SET checkpointOwner = :current, leaseOwner = :next', 'leaseOwner = :current AND attribute_not_exists(checkpointOwner)', {
    ':current': text(owner ?? ''),
    ':next': text(next),
  });
}
