// What is left of a page after `free()`: names and times, and no payload that was not asked for.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { ConsumerError } from '../../../src/errors.ts';
import { parseCborAnswer } from '../../../src/kinesis/wire/cbor-answer.ts';
import { parseJsonAnswer } from '../../../src/kinesis/wire/json-answer.ts';
import { createRecordsCall } from '../../../src/kinesis/wire/records-call.ts';
import type { Page } from '../../../src/source/service.ts';
import type { StreamRecord } from '../../../src/types.ts';
import { answerItem, answerJson, arrivalMs, plainRecord, recordItem, shard } from './answers.ts';
import { encode } from './encoder.ts';
import { inCbor, scriptedServer } from './server.ts';

const record = plainRecord('49', 'hello wörld');
const inText = { ...recordItem(record), Data: Buffer.from(record.data).toString('base64') };

describe.each<[string, () => Page]>([
  ['CBOR', () => parseCborAnswer(shard, encode(answerItem([record])))],
  ['CBOR with base64', () => parseCborAnswer(shard, encode(answerItem([], { Records: [inText] })))],
  ['JSON', () => parseJsonAnswer(shard, Buffer.from(JSON.stringify(answerJson([record]))))],
])('a record of %s', (_name, parse) => {
  function released(before: (record: StreamRecord) => void = () => undefined): StreamRecord {
    const page = parse();
    const first = page.records[0];
    if (first === undefined) throw new Error('there is no record');
    before(first);
    page.free();
    page.free();
    return first;
  }

  test('keeps its names and its time', () => {
    expect(released()).toMatchObject({ shard, sequence: '49', subSequence: 0, partitionKey: record.partitionKey, arrivalMs });
  });

  test.each(['bytes', 'text'] as const)('gives no %s any more, and says what to do', (method) => {
    expect(() => released()[method]()).toThrow(
      expect.objectContaining({ code: 'BATCH_RELEASED', retryable: false, message: expect.stringContaining('while the batch is being processed') }),
    );
    expect(() => released((one) => void one.bytes())[method]()).toThrow(ConsumerError);
  });

  test('what was asked for before stays good', () => {
    let bytes: Uint8Array = new Uint8Array(0);
    released((one) => {
      bytes = one.bytes();
    });
    expect(Buffer.from(bytes).toString()).toBe('hello wörld');
  });

  test('bytes and text are the same', () => {
    released((one) => expect(Buffer.from(one.bytes()).toString()).toBe(one.text()));
  });
});

describe('memory', () => {
  const answerBytes = 4 * 1024 * 1024;
  const triesMax = 50;

  function collector(): () => void {
    setFlagsFromString('--expose-gc');
    return runInNewContext('gc') as () => void;
  }

  /** In a function of its own, so that nothing here holds the answer. */
  function read(): { readonly page: Page; readonly kept: StreamRecord | undefined; readonly answer: WeakRef<ArrayBufferLike> } {
    const bytes = encode(answerItem([record, { ...record, data: Buffer.alloc(answerBytes) }]));
    const page = parseCborAnswer(shard, bytes);
    return { page, kept: page.records[0], answer: new WeakRef(bytes.buffer) };
  }

  async function isCollected(answer: WeakRef<ArrayBufferLike>): Promise<boolean> {
    const collect = collector();
    for (let tries = 0; tries < triesMax; tries += 1) {
      // A turn of the loop: what a WeakRef was asked for lives until its end.
      await new Promise((resolve) => setImmediate(resolve));
      collect();
      if (answer.deref() === undefined) return true;
    }
    return false;
  }

  test('a kept record of a page that was let go does not keep the answer', async () => {
    const { page, kept, answer } = read();
    const { records } = page;
    page.free();
    expect(await isCollected(answer)).toBe(true);
    expect(kept?.sequence).toBe('49');
    expect(records).toHaveLength(2);
  });

  test('an answer’s memory is used again, and what was given of it before stays good', async () => {
    const texts = ['first', 'again'];
    const server = await scriptedServer(texts.map((text) => inCbor(answerItem([{ ...record, data: Buffer.alloc(answerBytes, text) }]))));
    const call = createRecordsCall(server.client);
    const kept: Uint8Array[] = [];
    try {
      for (const _ of texts) {
        const page = await call(shard, 'iterator', 100, new AbortController().signal);
        kept.push(page.records[0]?.bytes() ?? Buffer.alloc(0));
        page.free();
        page.free();
      }
      for (const [index, text] of texts.entries()) expect(Buffer.from(kept[index] ?? []).equals(Buffer.alloc(answerBytes, text))).toBe(true);
    } finally {
      await server.stop();
    }
  });

  test('a page that was let go keeps no record', async () => {
    const server = await scriptedServer([inCbor(answerItem([record]))]);
    try {
      const page = await createRecordsCall(server.client)(shard, 'iterator', 100, new AbortController().signal);
      expect(page.records).toHaveLength(1);
      page.free();
      expect(page.records).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  test('a page that was not let go does', async () => {
    const { kept, answer } = read();
    expect(await isCollected(answer)).toBe(false);
    expect(kept?.text()).toBe('hello wörld');
  });
});
