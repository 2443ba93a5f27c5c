// Dead letters in S3 and SQS, on LocalStack: one start for both. S3 keeps every law of a store of dead letters; a queue keeps those
// that a queue can, and does as its docstring says.
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import type { DeadLetterPlace, Unreadable } from '../../src/dead-letters/place.ts';
import { createS3DeadLetters, type S3DeadLettersOptions } from '../../src/dead-letters/s3/store.ts';
import { createSqsDeadLetters } from '../../src/dead-letters/sqs/store.ts';
import type { DeadLetter } from '../../src/index.ts';
import { letterStoreLaws, plainLetter } from '../../src/testing/index.ts';
import { localStackForFile, newBucket, newQueue } from '../support/localstack.ts';
import { never, timers } from '../support/machine.ts';

const localStack = localStackForFile();
/** The law of pages sends thousands of requests. */
const slowMs = 240_000;

function closedAfterwards(place: DeadLetterPlace): DeadLetterPlace {
  onTestFinished(() => place.close());
  return place;
}

function letter(id: string): DeadLetter {
  return { ...plainLetter, id };
}

const idsOf = (letters: readonly DeadLetter[]): string[] => letters.map(({ id }) => id);

describe('S3', () => {
  async function emptyBucket(context: TestContext) {
    const access = localStack.access(context);
    const client = new S3Client({ ...access, forcePathStyle: true });
    onTestFinished(() => client.destroy());
    const bucket = await newBucket(client);
    const unreadable: Unreadable[] = [];
    const make = (change: Partial<S3DeadLettersOptions> = {}) =>
      closedAfterwards(createS3DeadLetters({ ...access, bucket, prefix: 'dead/orders/', onUnreadable: (one) => unreadable.push(one), ...change }));
    const lay = (key: string, text: string) => client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text }));
    return { client, bucket, make, lay, unreadable };
  }

  for (const { name, holds } of letterStoreLaws)
    test(name, { timeout: slowMs }, async (context) => {
      const { make } = await emptyBucket(context);
      await holds([make(), make()]);
    });

  test('a letter is one object of JSON with a name that a person finds', async (context) => {
    const { client, bucket, make } = await emptyBucket(context);
    await make().put([letter('0a1b')], never);
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(Contents.map(({ Key }) => Key)).toEqual(['dead/orders/0a1b.json']);
    const { Body, ContentType } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'dead/orders/0a1b.json' }));
    expect(ContentType).toBe('application/json');
    expect(JSON.parse((await Body?.transformToString()) ?? '')).toMatchObject({ id: '0a1b', failed_at: '2027-01-15T08:00:00.123Z', error_code: '22P05' });
  });

  test('ids that are ways, signs or other scripts are kept apart', async (context) => {
    const { make } = await emptyBucket(context);
    const store = make({ prefix: '' });
    const ids = ['.', '..', '../a', 'a/../b', '%2E', 'a b', 'a+b', 'ü/東京', '?x=1&y#z', "'*()!~", 'a\u0000b', '/a//b/'];
    await store.put(ids.map(letter), never);
    expect(await store.count(never)).toBe(ids.length);
    for (const id of ids) expect((await store.find(id, never))?.id).toBe(id);
    expect(idsOf(await store.page({ limit: 100 }, never)).toSorted()).toEqual(ids.toSorted());
    const walked: string[] = [];
    for (let after: string | undefined; walked.length < ids.length; after = walked.at(-1)) {
      walked.push(...idsOf(await store.page({ limit: 1, ...(after === undefined ? {} : { after }) }, never)));
    }
    expect(walked.toSorted()).toEqual(ids.toSorted());
    expect(await store.discard(ids, never)).toBe(ids.length);
  });

  test('what is no letter is said, and a page is filled from behind it', async (context) => {
    const { make, lay, unreadable } = await emptyBucket(context);
    const store = make();
    await store.put(['a', 'd', 'e'].map(letter), never);
    await lay('dead/orders/b.json', 'no letter');
    await lay('dead/orders/c.json', '{"id":"c"}');
    await lay('dead/orders/readme.txt', 'not looked at');
    await lay('dead/other.json', 'not looked at');
    expect(idsOf(await store.page({ limit: 2 }, never))).toEqual(['a', 'd']);
    expect(unreadable.map(({ where }) => where.replace(/.*\/dead/, 'dead'))).toEqual(['dead/orders/b.json', 'dead/orders/c.json']);
    expect(idsOf(await store.page({ limit: 9, after: 'd' }, never))).toEqual(['e']);
    expect(await store.find('b', never)).toBe(undefined);
  });

  test('a bucket that is not there says what to do; a stop and a close break off', async (context) => {
    const { make } = await emptyBucket(context);
    const elsewhere = make({ bucket: 'no-such-bucket-of-letters' });
    const missing = { code: 'SINK_TABLE_MISSING', retryable: false, message: expect.stringMatching(/^S3 bucket no-such-bucket-of-letters: .*Create it/) };
    await expect(elsewhere.open(never)).rejects.toMatchObject(missing);
    await expect(elsewhere.put([plainLetter], never)).rejects.toMatchObject(missing);
    await expect(elsewhere.count(never)).rejects.toMatchObject(missing);
    const store = make();
    await store.open(never);
    const stop = new AbortController();
    const broken = store.put([plainLetter], stop.signal);
    stop.abort();
    await expect(broken).rejects.toMatchObject({ name: 'SinkError', code: 'SINK_CLOSED' });
    await store.close();
    await expect(store.count(never)).rejects.toMatchObject({ code: 'SINK_CLOSED' });
  });
});

describe('SQS', () => {
  async function emptyQueue(context: TestContext, { fifo = false, maxBytes = 262_144 } = {}) {
    const access = localStack.access(context);
    const client = new SQSClient({ ...access, useQueueUrlAsEndpoint: false });
    onTestFinished(() => client.destroy());
    const queueUrl = await newQueue(client, { fifo, maxBytes });
    const unreadable: Unreadable[] = [];
    const make = () => closedAfterwards(createSqsDeadLetters({ ...access, queueUrl, timers, onUnreadable: (one) => unreadable.push(one) }));
    return { client, queueUrl, make, unreadable };
  }

  const lawsOfQueues = letterStoreLaws.filter(({ name }) => /no dead letter|is gone, is counted/.test(name));
  test('the laws that a queue can keep are three', () => expect(lawsOfQueues).toHaveLength(3));

  for (const { name, holds } of lawsOfQueues)
    test(`a standard queue: ${name}`, async (context) => {
      const { make } = await emptyQueue(context);
      await holds([make(), make()]);
    });

  for (const fifo of [false, true]) {
    test(`a ${fifo ? 'FIFO' : 'standard'} queue gives every letter once, page by page, also while some go`, async (context) => {
      const { make } = await emptyQueue(context, { fifo });
      const store = make();
      const ids = Array.from({ length: 64 }, (_, index) => `id/${String(index).padStart(3, '0')}`);
      await store.put(ids.map(letter), never);
      expect(await store.count(never)).toBe(ids.length);
      const read: string[] = [];
      for (let after: string | undefined; ; after = read.at(-1)) {
        const page = await store.page({ limit: 25, ...(after === undefined ? {} : { after }) }, never);
        if (page.length === 0) break;
        expect(page.length).toBeLessThanOrEqual(25);
        expect(idsOf(page)).toEqual(idsOf(page).toSorted());
        read.push(...idsOf(page));
        expect(await store.discard(idsOf(page).slice(0, 1), never)).toBe(1);
      }
      expect(read.toSorted()).toEqual(ids);
      expect(await store.count(never)).toBe(ids.length - 3);
      expect(await store.find(read.at(-1) ?? '', never)).toEqual(letter(read.at(-1) ?? ''));
      // From the beginning: what was in hand is there again.
      expect(await store.page({ limit: 100 }, never)).toHaveLength(ids.length - 3);
      expect(await store.discard(ids, never)).toBe(ids.length - 3);
      expect(await store.count(never)).toBe(0);
    });
  }

  test('what one has in hand is hidden from another until the first closes', async (context) => {
    const { make } = await emptyQueue(context);
    const [first, second] = [make(), make()];
    await first.put([letter('a'), letter('b')], never);
    expect(idsOf(await first.page({ limit: 9 }, never))).toEqual(['a', 'b']);
    expect(await second.page({ limit: 9 }, never)).toEqual([]);
    expect(await second.find('a', never)).toBe(undefined);
    await first.close();
    expect(await second.find('a', never)).toEqual(letter('a'));
    // In search of the one it let go of the other.
    expect(idsOf(await make().page({ limit: 9 }, never))).toEqual(['b']);
  });

  test('a letter that was put twice: a FIFO queue keeps one where nothing of it differs, and else two that are read and discarded as one', async (context) => {
    for (const [fifo, kept] of [
      [true, 2],
      [false, 3],
    ] as const) {
      const store = (await emptyQueue(context, { fifo })).make();
      await store.put([letter('twice'), letter('twice')], never);
      await store.put([letter('twice')], never);
      await store.put([{ ...letter('twice'), attempts: 9 }], never);
      expect(await store.count(never)).toBe(kept);
      expect(idsOf(await store.page({ limit: 9 }, never))).toEqual(['twice']);
      expect(await store.discard(['twice'], never)).toBe(1);
      expect(await store.count(never)).toBe(0);
    }
  });

  test('a letter too large is packed, then goes without its event, then without its record: none holds up the others', async (context) => {
    const { client, queueUrl, make } = await emptyQueue(context, { maxBytes: 4_096 });
    const store = make();
    const noise = (bytes: number) => Uint8Array.from({ length: bytes }, (_, index) => Math.imul(index * index + 12_345, 2_654_435_761) >>> 24);
    await store.put([{ ...letter('packed'), raw: new Uint8Array(100_000) }], never);
    await store.put([{ ...letter('without'), event: `"${'x'.repeat(5_000)}"` }], never);
    await store.put([letter('small'), { ...letter('large'), raw: noise(5_000) }], never);
    expect(await store.count(never)).toBe(4);
    const large = await store.find('large', never);
    expect(new TextDecoder().decode(large?.raw)).toMatch(/^The record had 5000 bytes, .* from its stream .*, shard .*, sequence number .*\.$/);
    expect(large).toEqual({ ...letter('large'), raw: large?.raw });
    expect(await store.find('small', never)).toEqual(letter('small'));
    expect(await store.discard(['small', 'large'], never)).toBe(2);
    expect((await store.find('packed', never))?.raw).toEqual(new Uint8Array(100_000));
    expect(await store.find('without', never)).toEqual({ ...letter('without'), event: undefined });
    await store.close();
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }));
    for (const { Body = '' } of Messages) expect(Object.keys(JSON.parse(Body))).toContain('raw_gzip');
    expect(Messages.length).toBeGreaterThan(0);
  });

  test('a letter that failed again, or came again after it was discarded, is kept by a FIFO queue too, whose memory is longer', async (context) => {
    const store = (await emptyQueue(context, { fifo: true })).make();
    await store.put([letter('again')], never);
    for (const change of [{ attempts: 4 }, { attempts: 5 }, { failedAtMs: plainLetter.failedAtMs + 1 }]) {
      // As a replay does it: at no moment is the letter nowhere.
      const again = { ...letter('again'), ...change };
      await store.put([{ ...again, id: 'again-replaying' }], never);
      expect(await store.discard(['again'], never)).toBe(1);
      await store.put([again], never);
      expect(await store.discard(['again-replaying'], never)).toBe(1);
      expect(await store.page({ limit: 9 }, never)).toEqual([again]);
    }
  });

  test('a letter is found behind the beginning of its id, whatever else the queue gives first', async (context) => {
    const { make } = await emptyQueue(context);
    const store = make();
    const ids = Array.from({ length: 32 }, (_, index) => `${index.toString(32)}-letter`);
    await store.put(ids.map(letter), never);
    for (const id of ids.slice(8, 12)) {
      expect(await store.find(id.slice(0, 3), never)).toBe(undefined);
      expect(idsOf(await store.page({ limit: 1, after: id.slice(0, 3) }, never))).toEqual([id]);
    }
    // The others are nobody's.
    expect(await make().page({ limit: 100 }, never)).toHaveLength(ids.length - 1);
  });

  test('a queue that takes more than it did is asked how much, where a letter was too large', async (context) => {
    const { client, queueUrl, make } = await emptyQueue(context, { maxBytes: 1_024 });
    const store = make();
    const large = { ...letter('large'), worker: 'w'.repeat(2_000) };
    await expect(store.put([large], never)).rejects.toMatchObject({ code: 'SINK_UNEXPECTED', message: expect.stringContaining('Raise') });
    await client.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { MaximumMessageSize: '4096' } }));
    await store.put([large], never);
    expect(await store.find('large', never)).toEqual(large);
  });

  test('a message that is no letter is said and left; a queue that is not there says what to do', async (context) => {
    const { client, queueUrl, make, unreadable } = await emptyQueue(context);
    const store = make();
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'no letter' }));
    await store.put([plainLetter], never);
    expect(await store.page({ limit: 9 }, never)).toEqual([plainLetter]);
    expect(unreadable).toHaveLength(1);
    expect(await store.count(never)).toBe(2);
    const access = localStack.access(context);
    const missing = closedAfterwards(createSqsDeadLetters({ ...access, queueUrl: `${queueUrl}-not`, timers, onUnreadable: () => undefined }));
    const fault = { code: 'SINK_TABLE_MISSING', retryable: false, message: expect.stringMatching(/^SQS queue letters-.*-not: .*Create it/) };
    await expect(missing.open(never)).rejects.toMatchObject(fault);
    await expect(missing.put([plainLetter], never)).rejects.toMatchObject(fault);
    await store.close();
    await expect(store.put([plainLetter], never)).rejects.toMatchObject({ code: 'SINK_CLOSED' });
  });
});
