// Reading a large table: in pages that are decoded one by one, in several parts at once, and whole.
import { BatchWriteItemCommand, type ScanCommand } from '@aws-sdk/client-dynamodb';
import { type Embedded, startDynamo } from '@shardfold/embedded';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { dynamodbLeaseStore } from '../../src/dynamodb/store.ts';
import type { Item } from '../../src/rows/decode.ts';
import { itemBytes } from '../../src/rows/size.ts';
import { systemMachine } from '../../src/system.ts';
import { clientOf, times } from '../support/dynamo-table-under-test.ts';

const never = new AbortController().signal;
const table = 'large';
const count = 1100;
const keyOf = (at: number) => `shardId-${String(at).padStart(12, '0')}`;
const rowOf = (at: number): Item => ({
  leaseKey: { S: keyOf(at) },
  leaseCounter: { N: String(at) },
  checkpoint: at % 100 === 7 ? { S: 'nonsense' } : { S: '49590338271490256608559692538361571095921575989136588898' },
  parentShardId: { SS: [keyOf(at + 1)] },
  note: { S: 'x'.repeat(500) },
});

let server: Embedded | undefined;

beforeAll(async () => {
  server = await startDynamo();
  const client = clientOf(server.url);
  await dynamodbLeaseStore({ client, table, times, timers: systemMachine.timers }).open(never);
  for (let at = 0; at < count; at += 25) {
    const rows = Array.from({ length: 25 }, (_, offset) => ({ PutRequest: { Item: { ...rowOf(at + offset) } } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: rows } }));
  }
  client.destroy();
});
afterAll(async () => {
  await server?.stop();
});

it('a large table is read in small pages, then in parts at once, and always whole', async () => {
  const client = clientOf(server?.url ?? '');
  onTestFinished(() => client.destroy());
  const pages: { readonly segment: number | undefined; readonly items: number }[] = [];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      const { Segment } = args.input as ScanCommand['input'];
      if (context.commandName === 'ScanCommand') pages.push({ segment: Segment, items: (answer.output as { Items?: unknown[] }).Items?.length ?? 0 });
      return answer;
    },
    { step: 'initialize', name: 'pages' },
  );
  const store = dynamodbLeaseStore({ client, table, times, timers: systemMachine.timers });
  const first = await store.list({ consistent: true }, never);
  expect(new Set(pages.map(({ segment }) => segment))).toEqual(new Set([undefined]));
  expect(Math.max(...pages.map(({ items }) => items))).toBe(250);
  const keys = Array.from({ length: count }, (_, at) => keyOf(at));
  const isBroken = (_key: string, at: number) => at % 100 === 7;
  expect(first.leases.map(({ key }) => key)).toEqual(keys.filter((key, at) => !isBroken(key, at)));
  expect(first.broken.map(({ key }) => key)).toEqual(keys.filter(isBroken));
  expect(first.bytes).toBe(keys.reduce((bytes, _key, at) => bytes + itemBytes(rowOf(at)), 0));
  pages.length = 0;
  const second = await store.list({ consistent: true }, never);
  expect(new Set(pages.map(({ segment }) => segment)).size).toBeGreaterThan(1);
  expect(Math.max(...pages.map(({ items }) => items))).toBeLessThanOrEqual(250);
  expect({ ...second, broken: second.broken.map(({ key }) => key) }).toEqual({ ...first, broken: first.broken.map(({ key }) => key) });
});
