// Collecting a body: whole or not at all, whatever the stream does.
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { freshMemory } from '../../../src/kinesis/wire/answer-memory.ts';
import { BodyError, bodyBytesMax, collectBody } from '../../../src/kinesis/wire/body.ts';

const text = 'a body of some length';
const chunks = () => Readable.from([Buffer.from(text.slice(0, 7)), Buffer.from(text.slice(7))]);

test.each([undefined, text.length])('chunks are joined, announced as %s', async (announced) => {
  const body = await collectBody(chunks(), announced, freshMemory);
  expect(body.toString()).toBe(text);
});

test('what was announced is memory of its own, no larger than it', async () => {
  expect((await collectBody(chunks(), text.length, freshMemory)).buffer.byteLength).toBe(text.length);
});

test('nothing is a body, too', async () => {
  expect(await collectBody(Readable.from([]), 0, freshMemory)).toHaveLength(0);
  expect(await collectBody(Readable.from([]), undefined, freshMemory)).toHaveLength(0);
});

test.each<[string, () => Readable, number | undefined, string]>([
  ['less than announced', chunks, text.length + 1, 'cut'],
  ['more than announced', chunks, text.length - 1, 'cut'],
  ['more announced than any answer has', chunks, bodyBytesMax + 1, 'too-large'],
  ['an error', () => Readable.from(failing()), undefined, 'cut'],
  ['a stream that is closed without a word', () => new Readable({ read: closing }), undefined, 'cut'],
])('%s', async (_name, stream, announced, fault) => {
  const body = stream();
  await expect(collectBody(body, announced, freshMemory)).rejects.toMatchObject({ name: 'BodyError', fault });
  expect(body.destroyed).toBe(true);
});

test('the reason of a broken stream is the cause', async () => {
  const error = await collectBody(Readable.from(failing()), undefined, freshMemory).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BodyError);
  expect(error).toMatchObject({ cause: expect.objectContaining({ message: 'reset' }) });
});

async function* failing(): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
  throw new Error('reset');
}

function closing(this: Readable): void {
  this.destroy();
}
