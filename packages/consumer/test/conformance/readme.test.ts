// The examples of the README run as they stand there, in a process of their own: the first ends cleanly when it is told to, the one
// for tests by itself.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Servers, startServers } from '../support/stack.ts';

const folder = fileURLToPath(new URL('../..', import.meta.url));
const examples = [...readFileSync(`${folder}README.md`, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);
const [example = ''] = examples;

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

test('the example for tests needs no server and no test runner', async () => {
  const code = examples.find((each) => each.includes('@shardfold/consumer/testing')) ?? '';
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], { cwd: folder, env: {} });
  expect({ stdout, stderr }).toEqual({ stdout: "[ 'first order' ]\n", stderr: '' });
});
