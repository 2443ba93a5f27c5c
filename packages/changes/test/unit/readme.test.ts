// The README's example for use inside a Lambda function runs as it stands there.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { codecs } from '../../src/index.ts';

const folder = fileURLToPath(new URL('../..', import.meta.url));
const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${folder}README.md`, 'utf8'))?.[1] ?? '';

test('it prints the changes of an event that Lambda hands to it', async () => {
  const Records = codecs
    .filter(({ name }) => name === 'dynamodb' || name === 'debezium')
    .flatMap(({ examples }) => examples.slice(0, 1))
    .map(({ text, sequence }) => ({ kinesis: { data: Buffer.from(text).toString('base64'), sequenceNumber: sequence } }));
  const called = `${example}\nawait handler(${JSON.stringify({ Records })});`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', called], { cwd: folder });
  const kinds = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).source.system);
  expect([kinds, stderr]).toEqual([['aws:dynamodb', 'postgresql'], '']);
});
