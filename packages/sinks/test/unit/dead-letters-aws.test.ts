// What AWS refuses is sorted; and how the stores of letters deal with servers that know less than S3, or answer badly.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type AwsPlace, sortAwsError } from '../../src/dead-letters/aws/errors.ts';
import { letterToJson, wholeForm } from '../../src/dead-letters/json.ts';
import { inLanes } from '../../src/dead-letters/lanes.ts';
import { folderOf, keyOf } from '../../src/dead-letters/s3/keys.ts';
import { createS3DeadLetters } from '../../src/dead-letters/s3/store.ts';
import { createHand } from '../../src/dead-letters/sqs/hand.ts';
import { createSqsDeadLetters } from '../../src/dead-letters/sqs/store.ts';
import { SinkError } from '../../src/index.ts';
import { plainLetter } from '../../src/testing/index.ts';
import { never, timers } from '../support/machine.ts';

const place: AwsPlace = { name: 'S3 bucket letters', actions: 's3:PutObject' };

/** As the SDK throws. */
function thrown(name: string, status?: number, message = 'said the service'): Error {
  return Object.assign(new Error(message), { name, ...(status === undefined ? {} : { $metadata: { httpStatusCode: status } }) });
}

describe('errors', () => {
  test.each([
    [thrown('NoSuchBucket', 404), 'SINK_TABLE_MISSING', false, /Create it/],
    [thrown('QueueDoesNotExist', 400), 'SINK_TABLE_MISSING', false, /Create it/],
    [thrown('AWS.SimpleQueueService.NonExistentQueue', 400), 'SINK_TABLE_MISSING', false, /Create it/],
    [thrown('PermanentRedirect', 301), 'SINK_TABLE_MISSING', false, /another region/],
    [thrown('UnknownError', 301), 'SINK_TABLE_MISSING', false, /another region/],
    [thrown('Error', undefined, 'Region is missing'), 'SINK_TABLE_MISSING', false, /Name the region/],
    [thrown('AccessDenied', 403), 'SINK_DENIED', false, /allow them s3:PutObject/],
    [thrown('403', 403), 'SINK_DENIED', false, /allow them s3:PutObject/],
    [thrown('InvalidAccessKeyId', 403), 'SINK_DENIED', false, /credentials/],
    [thrown('KmsDisabled', 400), 'SINK_DENIED', false, /key/],
    [thrown('CredentialsProviderError'), 'SINK_DENIED', true, /Log in again/],
    [thrown('ExpiredToken', 400), 'SINK_DENIED', true, /Log in again/],
    [thrown('RequestTimeTooSkewed', 403), 'SINK_DENIED', true, /clock/],
    [thrown('SlowDown', 503), 'SINK_BUSY', true, /limit/],
    [thrown('KmsThrottled', 400), 'SINK_BUSY', true, /limit/],
    [thrown('OverLimit', 403), 'SINK_BUSY', true, /limit/],
    [thrown('UnknownError', 429), 'SINK_BUSY', true, /limit/],
    [thrown('XMinioStorageFull', 507), 'SINK_BUSY', true, /more room/],
    [thrown('UnknownOperationException', 404), 'SINK_TABLE_MISMATCH', false, /endpoint/],
    [thrown('InternalError', 500), 'SINK_UNREACHABLE', true, /network/],
    [thrown('TimeoutError'), 'SINK_UNREACHABLE', true, /network/],
    [Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }), 'SINK_UNREACHABLE', true, /\(ECONNREFUSED\)/],
    [new AggregateError([], ''), 'SINK_UNREACHABLE', true, /AggregateError/],
    [thrown('KeyTooLongError', 400), 'SINK_UNEXPECTED', false, /Report it/],
    [thrown('InvalidMessageContents', 400), 'SINK_UNEXPECTED', false, /Report it/],
    ['a text', 'SINK_UNREACHABLE', true, /a text/],
  ])('%s', (cause, code, retryable, says) => {
    const sorted = sortAwsError(cause, place);
    expect(sorted).toMatchObject({ code, retryable, cause, message: expect.stringMatching(says) });
    expect(sorted.message).toMatch(/^S3 bucket letters: \S.*\. [A-Z].*\.$/);
  });

  test('any thrown value is sorted, and a SinkError stays itself', () => {
    const own = new SinkError('SINK_BUSY', 'x', { retryable: true });
    expect(sortAwsError(own, place)).toBe(own);
    fc.assert(fc.property(fc.anything({ withNullPrototype: true, withObjectString: true }), (value) => sortAwsError(value, place) instanceof SinkError));
  });
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that answers as it is told, and the store of letters over it. */
async function storeOver(answer: Answer) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url?.replace(/\?.*/, '')}${request.headers['if-none-match'] === undefined ? '' : ' if-none-match'}`);
    request.resume().on('end', () => answer(request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the system named no port');
  const access = { endpoint: `http://127.0.0.1:${address.port}`, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  const store = createS3DeadLetters({ ...access, bucket: 'letters', prefix: 'p', onUnreadable: () => undefined });
  onTestFinished(async () => {
    await store.close();
    server.closeAllConnections();
    server.close();
  });
  return { store, requests, access };
}

function refusal(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${code}</Code><Message>no</Message></Error>`);
}

const a = { ...plainLetter, id: 'a' };

test.each([
  ['dead/orders/', '0a1b', 'dead/orders/0a1b.json'],
  ['dead', 'orders/shardId-0/~_', 'dead/orders/shardId-0/~_.json'],
  ['', 'a', 'a.json'],
  ['/', 'a', 'a.json'],
  ['p', '..', 'p/%2E%2E.json'],
  ['p', '../../a/./b', 'p/%2E%2E/%2E%2E/a/%2E/b.json'],
  ['p', 'a b%\u0000ü', 'p/a%20b%25%00%C3%BC.json'],
  ['p', '\ud800', 'p/%EF%BF%BD.json'],
])('with prefix %j, id %j has the key %j', (prefix, id, key) => expect(keyOf(folderOf(prefix), id)).toBe(key));

describe('S3 servers', () => {
  test('one that does not know If-None-Match on writes is looked at first, from then on', async () => {
    const { store, requests } = await storeOver((request, response) => {
      if (request.headers['if-none-match'] !== undefined) return refusal(response, 501, 'NotImplemented');
      if (request.method === 'HEAD' && request.url === '/letters/p/a.json') return response.writeHead(404).end();
      response.writeHead(200).end();
    });
    await store.put([a], never);
    await store.put([a, { ...a, id: 'there' }], never);
    expect(requests.slice(0, 3)).toEqual(['PUT /letters/p/a.json if-none-match', 'HEAD /letters/p/a.json', 'PUT /letters/p/a.json']);
    expect(requests.slice(3).toSorted()).toEqual(['HEAD /letters/p/a.json', 'HEAD /letters/p/there.json', 'PUT /letters/p/a.json']);
  });

  test('one that holds very many is listed only as far as somebody wants to know', async () => {
    const listing = `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>on</NextContinuationToken>${Array.from({ length: 10 }, (_, at) => `<Contents><Key>p/${at}.json</Key></Contents>`).join('')}</ListBucketResult>`;
    const { store, requests } = await storeOver((_, response) => response.writeHead(200, { 'content-type': 'application/xml' }).end(listing));
    expect(await store.count(never, 25)).toBe(25);
    expect(requests).toHaveLength(3);
  });

  test('a letter that is there is kept; of two writers at once the one that is told so tries again, but not for ever', async () => {
    const answers = [409, 409, 412];
    const { store, requests } = await storeOver((_, response) => refusal(response, answers.shift() ?? 409, 'Conflict'));
    await store.put([a], never);
    expect(requests).toHaveLength(3);
    await expect(store.put([a], never)).rejects.toMatchObject({ code: 'SINK_BUSY', retryable: true });
    expect(requests).toHaveLength(3 + 5);
  });

  test('a refusal ends the others, and is thrown when nothing is under way', async () => {
    const { store, requests } = await storeOver((_, response) => refusal(response, 403, 'AccessDenied'));
    const letters = Array.from({ length: 200 }, (_, index) => ({ ...a, id: `a${index}` }));
    await expect(store.put(letters, never)).rejects.toMatchObject({ code: 'SINK_DENIED', message: expect.stringMatching(/s3:PutObject/) });
    expect(requests.length).toBeLessThanOrEqual(16);
  });

  test('an object too large for a letter is not read', async () => {
    const said: string[] = [];
    const { access } = await storeOver((_, response) => {
      response.writeHead(200, { 'content-length': 100_000_000 }).write('{');
    });
    const store = createS3DeadLetters({ ...access, bucket: 'letters', prefix: '', onUnreadable: ({ where, reason }) => said.push(`${where}: ${reason}`) });
    onTestFinished(() => store.close());
    expect(await store.find('a', never)).toBe(undefined);
    expect(said).toEqual(['s3://letters/a.json: it is too large for a letter']);
  });

  test('a server that does not answer is left when the signal aborts', async () => {
    const stop = new AbortController();
    const { store } = await storeOver(() => stop.abort());
    await expect(store.count(stop.signal)).rejects.toMatchObject({ name: 'SinkError', code: 'SINK_CLOSED' });
  });
});

describe('SQS servers', () => {
  test('an entry of a batch that is refused is thrown, sorted; a batch is as large as the queue’s message', async () => {
    const batches: number[] = [];
    const json = { 'content-type': 'application/x-amz-json-1.0' };
    const { access } = await storeOver((request, response) => {
      if (request.headers['x-amz-target'] === 'AmazonSQS.GetQueueAttributes')
        return response.writeHead(200, json).end(JSON.stringify({ Attributes: { MaximumMessageSize: '3000' } }));
      batches.push(Number(request.headers['content-length']));
      const failed = { Id: '0', Code: 'AccessDenied', Message: 'no', SenderFault: true };
      response.writeHead(200, json).end(JSON.stringify({ Successful: [], Failed: batches.length === 3 ? [failed] : [] }));
    });
    const store = createSqsDeadLetters({ ...access, queueUrl: `${access.endpoint}/1/dead`, timers, onUnreadable: () => undefined });
    onTestFinished(() => store.close());
    const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => ({ ...a, id }));
    const lettersPerBatch = Math.floor(3_000 / letterToJson(a, wholeForm).length);
    expect(lettersPerBatch).toBe(3);
    await expect(store.put(letters, never)).rejects.toMatchObject({
      code: 'SINK_DENIED',
      message: expect.stringMatching(/^SQS queue dead: no \(AccessDenied\)/),
    });
    expect(batches).toHaveLength(3);
  });

  test('a search in a queue without end is given up, and says so', async () => {
    let receipts = 0;
    const message = { Body: 'no letter', ReceiptHandle: 'x', MD5OfBody: createHash('md5').update('no letter').digest('hex') };
    const { access } = await storeOver((_, response) => {
      receipts += 1;
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify({ Messages: [message] }));
    });
    let unreadable = 0;
    const onUnreadable = () => {
      unreadable += 1;
    };
    const store = createSqsDeadLetters({ ...access, queueUrl: `${access.endpoint}/1/dead`, timers, onUnreadable });
    onTestFinished(() => store.close());
    const fault = { code: 'SINK_UNEXPECTED', retryable: false, message: expect.stringMatching(/not every letter asked for is among the first 10000/) };
    await expect(store.find('a', never)).rejects.toMatchObject(fault);
    expect([receipts, unreadable]).toEqual([1_000, 1_000]);
  });

  test('the hand lets the oldest go when it is full, by number and by bytes', () => {
    const hand = createHand();
    for (let number = 0; number < 10_001; number += 1) expect(hand.take({ ...a, id: `${number}` }, 1, `handle ${number}`)).toBe(true);
    expect(hand.ids()).toHaveLength(10_000);
    expect(hand.get('0')).toBe(undefined);
    expect(hand.take({ ...a, id: '1' }, 1, 'again')).toBe(false);
    expect(hand.release(['1', 'nobody'])).toEqual(new Map([['1', ['handle 1', 'again']]]));
    expect(hand.take({ ...a, id: 'large' }, 64 * 1024 * 1024, 'large')).toBe(true);
    expect(hand.ids()).toEqual(['large']);
  });
});

describe('lanes', () => {
  test('answers are in order, never more at once than said, and nothing begins after a failure', async () => {
    const asked = fc.record({ items: fc.array(fc.nat(50)), lanes: fc.integer({ min: 1, max: 5 }), failing: fc.nat(60) });
    await fc.assert(
      fc.asyncProperty(asked, async ({ items, lanes, failing }) => {
        let running = 0;
        let failed = false;
        const work = async (item: number) => {
          expect(failed).toBe(false);
          running += 1;
          expect(running).toBeLessThanOrEqual(lanes);
          for (let turn = 0; turn < item % 4; turn += 1) await Promise.resolve();
          running -= 1;
          if (item !== failing) return item * 2;
          failed = true;
          throw new Error('failing');
        };
        const answers = await inLanes(items, lanes, work).catch((error: unknown) => error);
        expect(running).toBe(0);
        if (items.includes(failing)) expect(answers).toEqual(new Error('failing'));
        else expect(answers).toEqual(items.map((item) => item * 2));
      }),
    );
  });
});
