// When a request goes out by what was learnt, and when the client has to send it.
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { createRoute, type RoutedAnswer } from '../../../src/aws/route.ts';

interface Sent {
  readonly hostname: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const good = { statusCode: 200, headers: {}, body: Buffer.from('{}') } as unknown as RoutedAnswer;
const bad = { statusCode: 400, headers: {}, body: Buffer.from('{}') } as unknown as RoutedAnswer;
const keys = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
const question = { contentType: 'application/x-amz-json-1.0', body: Buffer.from('{"a":1}'), options: { abortSignal: new AbortController().signal } };
const atMs = Date.UTC(2026, 10, 21);

/** A client whose requests go nowhere, and the route that watches one of them. */
async function routeOver(options: { readonly endpoint?: string; readonly region?: string } = {}) {
  const sent: Sent[] = [];
  const state = { answers: [] as (RoutedAnswer | Error)[], keys: async (): Promise<typeof keys & { sessionToken?: string; expiration?: Date }> => keys };
  const client = new DynamoDBClient({
    region: 'eu-west-1',
    ...options,
    maxAttempts: 1,
    credentials: () => state.keys(),
    requestHandler: {
      handle: async (request: Sent) => {
        sent.push(request);
        const answer = state.answers.shift() ?? good;
        if (answer instanceof Error) throw answer;
        return { response: answer };
      },
    },
  });
  const route = createRoute(client, { wallMs: () => atMs });
  async function learn(): Promise<void> {
    const command = new UpdateItemCommand({ TableName: 't', Key: { leaseKey: { S: 'k' } } });
    command.middlewareStack.add(
      (next) => async (given) => {
        route.learn(given.request);
        return next(given);
      },
      { step: 'deserialize', priority: 'low' },
    );
    await client.send(command);
    sent.length = 0;
  }
  return { route, sent, state, client, learn };
}

test('nothing is sent before anything is learnt', async () => {
  const { route, sent } = await routeOver();
  expect(await route.ask(question)).toBeUndefined();
  expect(sent).toEqual([]);
});

test('what is learnt is sent on, with the body, the time and the keys of this request', async () => {
  const { route, sent, learn } = await routeOver();
  await learn();
  expect(await route.ask(question)).toBe(good);
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({
    method: 'POST',
    protocol: 'https:',
    hostname: 'dynamodb.eu-west-1.amazonaws.com',
    path: '/',
    body: question.body,
    headers: {
      host: 'dynamodb.eu-west-1.amazonaws.com',
      'content-type': question.contentType,
      'content-length': '7',
      'x-amz-date': '20261121T000000Z',
      'x-amz-target': 'DynamoDB_20120810.UpdateItem',
      'user-agent': expect.stringContaining('aws-sdk-js'),
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKID\/20261121\/eu-west-1\/dynamodb\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, /,
      ),
    },
  });
});

test('a token of the session is signed with the rest', async () => {
  const { route, sent, state, learn } = await routeOver();
  state.keys = async () => ({ ...keys, sessionToken: 'token' });
  await learn();
  await route.ask(question);
  expect(sent[0]?.headers).toMatchObject({ 'x-amz-security-token': 'token', authorization: expect.stringContaining('x-amz-security-token;x-amz-target') });
});

test('the clock of the server counts, as far as the client knows it', async () => {
  const { route, sent, client, learn } = await routeOver();
  await learn();
  client.config.systemClockOffset = 3_600_000;
  await route.ask(question);
  expect(sent[0]?.headers).toMatchObject({ 'x-amz-date': '20261121T010000Z' });
});

describe('the client has to send', () => {
  test('what follows a refusal', async () => {
    const { route, sent, state, learn } = await routeOver();
    await learn();
    state.answers = [bad];
    expect(await route.ask(question)).toBe(bad);
    expect(await route.ask(question)).toBeUndefined();
    expect(sent).toHaveLength(1);
  });

  test('what follows an error of the network', async () => {
    const { route, sent, state, learn } = await routeOver();
    await learn();
    state.answers = [new Error('socket hang up')];
    await expect(route.ask(question)).rejects.toThrow('socket hang up');
    expect(await route.ask(question)).toBeUndefined();
    expect(sent).toHaveLength(1);
  });

  test('with other keys than those that were learnt with', async () => {
    const { route, sent, state, learn } = await routeOver();
    // They run out at once, so that the client asks for them each time.
    state.keys = async () => ({ ...keys, expiration: new Date(0) });
    await learn();
    state.keys = async () => ({ ...keys, accessKeyId: 'OTHER', expiration: new Date(0) });
    expect(await route.ask(question)).toBeUndefined();
    expect(sent).toEqual([]);
  });

  test('when no keys are to be had', async () => {
    const { route, sent, state, learn } = await routeOver();
    state.keys = async () => ({ ...keys, expiration: new Date(0) });
    await learn();
    state.keys = async () => {
      throw new Error('the profile is gone');
    };
    expect(await route.ask(question)).toBeUndefined();
    expect(sent).toEqual([]);
  });

  test('to an endpoint that is no root', async () => {
    const { route, sent, learn } = await routeOver({ endpoint: 'http://127.0.0.1:1/proxy' });
    await learn();
    expect(await route.ask(question)).toBeUndefined();
    expect(sent).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a request without a signature', { method: 'POST', path: '/', hostname: 'h', headers: { host: 'h', 'x-amz-target': 't', 'user-agent': 'u' } }],
    [
      'one of another signature',
      { method: 'POST', path: '/', hostname: 'h', headers: { host: 'h', 'x-amz-target': 't', 'user-agent': 'u', authorization: 'Bearer x' } },
    ],
  ])('after %s was learnt', async (_what, request) => {
    const { route, sent, learn } = await routeOver();
    await learn();
    route.learn(request);
    expect(await route.ask(question)).toBeUndefined();
    expect(sent).toEqual([]);
  });
});

test('a stop while the keys are awaited sends nothing', async () => {
  const { route, sent, state, learn } = await routeOver();
  state.keys = async () => ({ ...keys, expiration: new Date(0) });
  await learn();
  const stop = new AbortController();
  state.keys = async () => {
    stop.abort(new Error('stop'));
    return { ...keys, expiration: new Date(0) };
  };
  await expect(route.ask({ ...question, options: { abortSignal: stop.signal } })).rejects.toThrow('stop');
  expect(sent).toEqual([]);
});
