// What becomes of the servers when the process that has them is interrupted at the terminal, or killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, test } from 'vitest';
import { sleep } from '../../src/system.ts';

const script = fileURLToPath(new URL('../support/parent.ts', import.meta.url));
const index = fileURLToPath(new URL('../../src/index.ts', import.meta.url));

interface Stack {
  readonly kinesis: string;
  readonly dynamo: string;
  readonly postgres: string;
}

/** In a group of its own, as a shell would put it. */
async function startParent(): Promise<{ child: ChildProcess; pid: number; stack: Stack; nextLine: () => Promise<unknown> }> {
  const child = spawn(process.execPath, [script, index], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => JSON.parse((await lines.next()).value ?? 'null') as unknown;
  const stack = (await nextLine()) as Stack;
  if (child.pid === undefined) throw new Error('the parent did not start');
  return { child, pid: child.pid, stack, nextLine };
}

async function connected(url: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
  await once(socket, 'connect');
  return socket;
}

async function dataFolder(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('SHOW data_directory');
  await client.end();
  return dirname(rows[0].data_directory);
}

/** The folder goes after the server has closed its sockets; there is no event for it. */
async function gone(folder: string): Promise<boolean> {
  for (let look = 0; look < 200 && existsSync(folder); look += 1) await sleep(50);
  return !existsSync(folder);
}

test('a Ctrl-C for the whole terminal reaches no server: its owner drains, then stops them', async () => {
  const { child, pid, stack, nextLine } = await startParent();
  const folder = await dataFolder(stack.postgres);
  const exit = once(child, 'exit');
  process.kill(-pid, 'SIGINT');
  expect(await nextLine()).toEqual({ interrupted: true });
  expect(await exit).toEqual([0, null]);
  expect(existsSync(folder)).toBe(false);
});

test('the servers and their data do not outlive a parent that is killed', async () => {
  const { child, stack } = await startParent();
  const folder = await dataFolder(stack.postgres);
  const sockets = await Promise.all([stack.kinesis, stack.dynamo, stack.postgres].map(connected));
  const ends = sockets.map((socket) => {
    socket.on('error', () => undefined);
    return once(socket.resume(), 'close');
  });
  child.kill('SIGKILL');
  await Promise.all(ends);
  expect(await gone(folder)).toBe(true);
});
