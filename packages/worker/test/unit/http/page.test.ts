// What the page says of a status: the script runs here against just enough of a document to be read.
import { createContext, Script } from 'node:vm';
import { expect, test } from 'vitest';
import { pageHtml } from '../../../src/http/page.ts';
import { pageScript } from '../../../src/http/page-script.ts';
import type { WorkerStatus } from '../../../src/status/status.ts';

const nowMs = Date.UTC(2026, 10, 1);
const ids = [...pageHtml.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id ?? '');

const shard = {
  shard: 'shard-1',
  stream: 's',
  owner: 'w-1',
  held: true,
  position: '4959',
  behindLatestMs: 0,
  inFlightRecords: 0,
  recordsPerSecond: 12,
  lastError: null,
};
const sink = { name: 'main', kind: 'postgres', state: 'ok', waitingMs: null, rowsPerSecond: 12, lastError: null };
const well: WorkerStatus = {
  application: 'orders',
  worker: 'w-1',
  version: '1',
  state: 'running',
  startedAt: new Date(nowMs - 60_000).toISOString(),
  recordsPerSecond: 12,
  inFlightBytes: 2_048,
  lastError: null,
  shards: [shard],
  sinks: [sink],
  deadLetters: { sinceStart: 0 },
};

class Node {
  textContent = '';
  className = '';
  title = '';
  readonly dataset: Record<string, string> = {};
  children: readonly Node[] = [];
  append(...children: Node[]): void {
    this.children = [...this.children, ...children];
  }
  replaceChildren(...children: Node[]): void {
    this.children = children;
  }
  setAttribute(): void {}
  get text(): string {
    return [this.textContent, ...this.children.map((child) => child.text)].filter((part) => part !== '').join(' ');
  }
}

/** Runs one turn of the page's loop; resolves when it has scheduled the next. */
async function shown(answer: () => unknown): Promise<(id: string) => Node> {
  const nodes = new Map(ids.map((id) => [id, new Node()]));
  const node = (id: string): Node => {
    const found = nodes.get(id);
    if (found === undefined) throw new Error(`The page has no #${id}.`);
    return found;
  };
  const turned = Promise.withResolvers<void>();
  const context = createContext({
    document: { getElementById: node, createElement: () => new Node(), title: '' },
    fetch: async () => ({ ok: true, json: async () => answer(), headers: new Map([['date', new Date(nowMs).toUTCString()]]) }),
    performance: { now: () => 1 },
    AbortSignal: { timeout: () => undefined },
    setTimeout: () => turned.resolve(),
  });
  new Script(pageScript).runInContext(context);
  await turned.promise;
  return node;
}

test('all is well', async () => {
  const node = await shown(() => well);
  expect(node('verdict').className).toBe('verdict good');
  expect(node('verdict-title').text).toBe('All is well');
  expect(node('problems').children).toEqual([]);
  expect(node('shards').text).toBe('shard-1 w-1 (here) 4959 0 s 0 12');
  expect(['application', 'rate', 'lag', 'held', 'unowned', 'in-flight', 'dead'].map((id) => node(id).text)).toEqual([
    'orders',
    '12',
    '0 s',
    '1 of 1',
    '0',
    '2 KiB',
    '0',
  ]);
});

test.each<readonly [title: string, status: Partial<WorkerStatus>, problem: RegExp]>([
  [
    'a sink is waited for',
    { sinks: [{ ...sink, state: 'waiting', waitingMs: 42_000, lastError: 'refused' }] },
    /^Sink main cannot be written to for 42 s: refused$/,
  ],
  ['a shard has no worker', { shards: [shard, { ...shard, owner: null, held: false }] }, /^Shards without a worker: 1 of 2$/],
  ['a shard is far behind', { shards: [{ ...shard, behindLatestMs: 600_000 }] }, /^1 shard held here is behind by 10 min$/],
  ['dead letters', { deadLetters: { sinceStart: 3 } }, /^Dead letters since the start: 3$/],
  ['an error just now', { lastError: { message: 'odd', at: new Date(nowMs - 1_000).toISOString() } }, /^Last error: odd$/],
])('%s: something is wrong', async (_title, status, problem) => {
  const node = await shown(() => ({ ...well, ...status }));
  expect(node('verdict').className).toBe('verdict bad');
  expect(node('problems').children.map((each) => each.text)).toEqual([expect.stringMatching(problem)]);
});

test('what is over is not wrong', async () => {
  const node = await shown(() => ({
    ...well,
    lastError: { message: 'odd', at: new Date(nowMs - 3_600_000).toISOString() },
    shards: [shard, { ...shard, owner: null, held: false, position: 'shard-end' }],
  }));
  expect(node('verdict-title').text).toBe('All is well');
  expect(node('last-error').text).toContain('odd');
});

test('a worker that starts or drains is neither', async () => {
  expect((await shown(() => ({ ...well, state: 'draining' })))('verdict-title').text).toBe('The worker is draining');
});

test('a worker that does not answer is told first', async () => {
  const node = await shown(() => {
    throw new Error('refused');
  });
  expect([node('verdict').className, node('verdict-title').text]).toEqual(['verdict bad', 'The worker does not answer']);
});
