// The simulated table itself: its expressions, its pages, its lagging replicas, and that it refuses what it does not know.
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { createSimDatabase, type RequestInput, type SimDatabase } from './database.ts';
import { type Item, readCondition, readUpdate } from './expressions.ts';

const item: Item = { leaseKey: { S: 'k' }, leaseCounter: { N: '7' }, sfCounter: { N: '7' }, leaseOwner: { S: 'a' } };
const values: Item = { ':c': { N: '7' }, ':a': { S: 'a' }, ':b': { S: 'b' } };

describe('a condition', () => {
  test.each([
    ['leaseCounter = :c', true],
    ['leaseCounter = :c AND leaseOwner = :b', false],
    ['leaseOwner <> :b', true],
    ['missing <> :b', false],
    ['leaseCounter = sfCounter', true],
    ['attribute_exists(leaseOwner) AND attribute_not_exists(missing)', true],
    ['leaseOwner = :b OR leaseCounter = :c', true],
    ['leaseOwner = :a AND (attribute_not_exists(leaseOwner) OR leaseOwner <> :a)', false],
    ['NOT leaseOwner = :b', true],
  ])('%s is %s', (text, holds) => {
    expect(readCondition(text).conjuncts.every((test) => test(item, values))).toBe(holds);
  });

  test('falls into the parts that must all hold', () => {
    expect(readCondition('a = :a AND (b = :b OR c = :c AND d = :d) AND attribute_exists(e)').texts).toEqual([
      'a = :a',
      '(b = :b OR c = :c AND d = :d)',
      'attribute_exists(e)',
    ]);
  });

  test.each(['begins_with(a, :a)', 'a = ', 'a BETWEEN :a', 'a ~ :a'])('%s is refused, not guessed', (text) => {
    expect(() => readCondition(text).conjuncts.every((test) => test(item, values))).toThrow();
  });
});

test('an update sets, adds and removes, and leaves the item before it alone', () => {
  const after = readUpdate('SET leaseOwner = :b, twice = leaseCounter + :c ADD sfBell :c REMOVE sfCounter')(item, values);
  expect(after).toEqual({ leaseKey: { S: 'k' }, leaseCounter: { N: '7' }, leaseOwner: { S: 'b' }, twice: { N: '14' }, sfBell: { N: '7' } });
  expect(item.leaseOwner).toEqual({ S: 'a' });
});

function send(database: SimDatabase, operation: string, input: RequestInput, nowMs = 0, lagMs = 0): unknown {
  return database.carryOut({ operation, input: { TableName: 't', ...input } }, { nowMs, lagMs }).answer;
}

function filled(count: number): SimDatabase {
  const database = createSimDatabase();
  send(database, 'CreateTable', {});
  for (let at = 0; at < count; at += 1) send(database, 'PutItem', { Item: { leaseKey: { S: `key-${at}` }, at: { N: String(at) } } });
  return database;
}

interface Page {
  readonly Items: readonly Item[];
  readonly LastEvaluatedKey?: Item;
}

function scanned(database: SimDatabase, input: RequestInput): string[] {
  const keys: string[] = [];
  let from: Item | undefined;
  do {
    const page = send(database, 'Scan', { ...input, ...(from === undefined ? {} : { ExclusiveStartKey: from }) }) as Page;
    keys.push(...page.Items.map((row) => row.leaseKey?.S ?? ''));
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return keys.sort();
}

describe('a table', () => {
  test.each([
    ['whole', [{}]],
    ['in pages', [{ Limit: 7 }]],
    ['in segments', [0, 1, 2, 3].map((Segment) => ({ Segment, TotalSegments: 4, Limit: 3 }))],
  ])('is scanned %s, every item once', (_how, inputs: readonly RequestInput[]) => {
    const database = filled(100);
    const keys = inputs.flatMap((input) => scanned(database, input)).sort();
    expect(keys).toEqual(Array.from({ length: 100 }, (_, at) => `key-${at}`).sort());
  });

  test('shows a lagging reader what was there then', () => {
    const database = filled(2);
    send(database, 'DeleteItem', { Key: { leaseKey: { S: 'key-0' } } }, 100);
    send(database, 'UpdateItem', { Key: { leaseKey: { S: 'key-1' } }, UpdateExpression: 'SET at = :v', ExpressionAttributeValues: { ':v': { N: '9' } } }, 100);
    const read = (nowMs: number, lagMs: number): readonly (string | undefined)[] =>
      (send(database, 'Scan', {}, nowMs, lagMs) as Page).Items.map((row) => row.at?.N).sort();
    expect([read(150, 100), read(150, 10)]).toEqual([['0', '1'], ['9']]);
  });

  test('shows the row that stood in the way of a write', () => {
    const database = filled(1);
    const input = { Key: { leaseKey: { S: 'key-0' } }, UpdateExpression: 'REMOVE at', ConditionExpression: 'attribute_not_exists(at)' };
    const refused = (): unknown => send(database, 'UpdateItem', { ...input, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
    expect(refused).toThrow(ConditionalCheckFailedException);
    expect(refused).toThrow(expect.objectContaining({ Item: { leaseKey: { S: 'key-0' }, at: { N: '0' } } }));
  });

  test.each([
    ['GetItem', 'ResourceNotFoundException', { TableName: 'none', Key: { leaseKey: { S: 'k' } } }],
    ['CreateTable', 'ResourceInUseException', {}],
    ['Query', 'UnknownOperationException', {}],
  ])('answers %s with %s', (operation, name, input) => {
    expect(() => send(filled(0), operation, input)).toThrow(expect.objectContaining({ name }));
  });
});
