// The first example of the README runs as it stands there, in a process of its own, and ends cleanly when it is told to.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Servers, startServers } from '../support/stack.ts';

const folder = fileURLToPath(new URL('../..', import.meta.url));
const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${folder}README.md`, 'utf8'))?.[1] ?? '';

let servers: Servers;
beforeAll(async () => {
  servers = await startServers('volume');
});
afterAll(() => servers.stop());

test('the first example has less than 15 lines, prints the records of a stream and stops on SIGTERM', async () => {
  expect(
    example
      .trim()
      .split('\n')
      .filter((line) => line !== '').length,
  ).toBeLessThan(15);
  await servers.createStream('orders', 1);
  await servers.put('orders', ['first order', 'second order']);
  const child = spawn(process.execPath, ['--input-type=module', '--eval', example], {
    cwd: folder,
    env: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_KINESIS: servers.kinesisUrl,
      AWS_ENDPOINT_URL_DYNAMODB: servers.dynamoUrl,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let printed = '';
  let complained = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complained += text;
  });
  const all = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.split('\n').length > 2) resolve();
    });
  });
  await Promise.race([all, exited]);
  child.kill('SIGTERM');
  const [code] = await exited;
  expect({ code, printed, complained }).toEqual({ code: 0, printed: 'first order first order\nsecond order second order\n', complained: '' });
});
