// What real DynamoDB answers and dynalite does not: the row with a failed condition, throttling, refusal, silence. A server that
// says what it is told stands in for it.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDynamoClient } from '../../src/dynamodb/client.ts';
import { dynamodbLeaseStore } from '../../src/dynamodb/store.ts';
import type { Item } from '../../src/rows/decode.ts';
import { encodeLease } from '../../src/rows/encode.ts';
import { systemMachine } from '../../src/system.ts';
import type { Lease, LeaseStore } from '../../src/types.ts';
import { type Answer, failure, type ScriptedDynamo, scriptedDynamo, success } from '../support/scripted-dynamo.ts';

const never: AbortSignal = new AbortController().signal;
const me = { worker: 'a', incarnation: 'i1' };
const lease: Lease = {
  key: 'k',
  shardId: 'k',
  owner: 'a',
  holder: 'i1',
  counter: 7n,
  holderCounter: 7n,
  position: { kind: 'latest' },
  ownerSwitches: 0n,
  parents: [],
  children: [],
  bell: 0n,
};

let server: ScriptedDynamo;
let store: LeaseStore;

const refusedOver = (row: Item): Answer => failure(400, 'ConditionalCheckFailedException', { Item: row });
const operations = () => server.requests.map(({ operation }) => operation);

function storeOver({ clientTimeoutMs }: { readonly clientTimeoutMs: number }): LeaseStore {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = createDynamoClient({ endpoint: server.url, region: 'us-east-1', credentials, requestTimeoutMs: clientTimeoutMs, maxAttempts: 1 });
  return dynamodbLeaseStore({ client, table: 'orders', times: { requestTimeoutMs: 300 }, timers: systemMachine.timers });
}

beforeEach(async () => {
  server = await scriptedDynamo();
  // Far beyond the test's own time: only the store's own time-out can end a silence.
  store = storeOver({ clientTimeoutMs: 600_000 });
});

afterEach(async () => {
  await store.close();
  await server.stop();
});

/** The client sends the first; by that, the others go out without it. */
async function written(to: LeaseStore, times: number): Promise<void> {
  for (let number = 0; number < times; number += 1) {
    server.answers = [success({ Attributes: encodeLease(lease) })];
    await to.renew(lease, me, {}, never);
  }
  expect(server.requests.map(({ isClients }) => isClients)).toEqual(server.requests.map((_, at) => at === 0));
  server.requests.length = 0;
}

describe.each([
  { which: 'the first write', before: 0 },
  { which: 'a write after others', before: 2 },
])('of $which', ({ before }) => {
  beforeEach(() => written(store, before));

  describe('the row that comes with a failed condition', () => {
    it('is judged without another read', async () => {
      const row = { ...lease, owner: 'b', holder: 'i2', counter: 8n, holderCounter: 8n };
      server.answers = [refusedOver(encodeLease(row))];
      expect(await store.renew(lease, me, {}, never)).toEqual({ outcome: 'stale', current: row });
      expect(operations()).toEqual(['UpdateItem']);
    });

    it('goes back to a holder whose earlier attempt had landed, who looks at the fence before writing again', async () => {
      const landed = { ...lease, counter: 8n, holderCounter: 8n };
      server.answers = [refusedOver(encodeLease(landed))];
      expect(await store.checkpoint(lease, me, { kind: 'sequence', sequence: '5', subSequence: 0 }, {}, never)).toEqual({ outcome: 'stale', current: landed });
      expect(operations()).toEqual(['UpdateItem']);
    });

    it('leads to a second write where an earlier attempt had begun the holding', async () => {
      const landed = { ...lease, counter: 8n, holderCounter: 8n };
      const begun: Lease = { ...lease, counter: 9n, holderCounter: 9n };
      server.answers = [refusedOver(encodeLease(landed)), success({ Attributes: encodeLease(begun) })];
      expect(await store.accept(lease, me, never)).toEqual({ outcome: 'applied', lease: begun });
      expect(operations()).toEqual(['UpdateItem', 'UpdateItem']);
    });

    it('leads to no more than three writes, whatever the server says', async () => {
      const rows = [8n, 9n, 10n, 11n, 12n].map((counter) => ({ ...lease, counter, holderCounter: counter }));
      server.answers = rows.map((row) => refusedOver(encodeLease(row)));
      const written = await store.accept(lease, me, never);
      expect(written).toMatchObject({ outcome: 'stale', current: { counter: 10n } });
      expect(operations()).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem']);
    });

    it('is asked for where the server does not send it', async () => {
      server.answers = [failure(400, 'ConditionalCheckFailedException'), success({})];
      expect(await store.renew(lease, me, {}, never)).toEqual({ outcome: 'stale', current: undefined });
      expect(operations()).toEqual(['UpdateItem', 'GetItem']);
      expect(server.requests[1]?.body).toMatchObject({ ConsistentRead: true });
    });
  });

  it('gives the bytes of the row that it left as bytes', async () => {
    const prepared = { pendingCheckpoint: { S: '5' }, pendingCheckpointSubSequenceNumber: { N: '0' }, pendingCheckpointState: { B: 'AQI=' } };
    server.answers = [success({ Attributes: { ...encodeLease(lease), ...prepared } })];
    const answer = await store.renew(lease, me, {}, never);
    expect(answer).toMatchObject({ outcome: 'applied', lease: { prepared: { state: new Uint8Array([1, 2]) } } });
  });

  describe('a request that fails', () => {
    it.each([
      ['TABLE_THROTTLED', failure(400, 'ProvisionedThroughputExceededException')],
      ['TABLE_DENIED', failure(400, 'AccessDeniedException')],
      ['TABLE_MISSING', failure(400, 'ResourceNotFoundException')],
      ['TABLE_SCHEMA', failure(400, 'ValidationException')],
      ['TABLE_UNREACHABLE', failure(500, 'InternalServerError')],
      ['TABLE_UNREACHABLE', 'silent'],
    ] as const)('is %s and is sent once', async (code, answer) => {
      server.answers = [answer];
      await expect(store.renew(lease, me, {}, never)).rejects.toMatchObject({ code });
      expect(operations()).toEqual(['UpdateItem']);
    });

    it('is TABLE_UNREACHABLE when its answer begins and never ends', async () => {
      const impatient = storeOver({ clientTimeoutMs: 300 });
      await written(impatient, before);
      server.answers = ['cut short'];
      await expect(impatient.renew(lease, me, {}, never)).rejects.toMatchObject({ code: 'TABLE_UNREACHABLE', retryable: true });
      await impatient.close();
    });

    it('after the caller gave up rejects with the caller’s reason', async () => {
      server.answers = ['silent'];
      const stop = new AbortController();
      const asked = server.nextRequest().then(() => stop.abort(new Error('enough')));
      await expect(store.read('k', stop.signal)).rejects.toThrow('enough');
      await asked;
    });
  });
});

it.each([[[]], [{ Attributes: [] }], [{ Attributes: 'x' }]])('what is no answer is none: %j', async (body) => {
  await written(store, 1);
  server.answers = [success(body)];
  await expect(store.renew(lease, me, {}, never)).rejects.toMatchObject({ code: 'TABLE_UNREACHABLE', retryable: true });
});

describe('a listing', () => {
  it.each([true, false])('asks for consistency as it is told: %s', async (consistent) => {
    server.answers = [success({ Items: [] })];
    expect((await store.list({ consistent }, never)).leases).toEqual([]);
    expect(server.requests[0]?.body).toMatchObject({ ConsistentRead: consistent });
  });
});
