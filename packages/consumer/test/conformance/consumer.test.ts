// Whole consumers against real servers: shards are shared and handed on, positions survive, children follow their parents.
import type { KinesisFlavour } from '@shardfold/embedded';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { held, type Servers, startConsumer, startServers, texts } from '../support/stack.ts';

describe('consumers of one application', () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers('volume');
  });
  afterAll(() => servers.stop());

  test('two share four shards; what one gives back the other goes on with; nothing is left out', async () => {
    const fleet = { application: 'sharing', streams: ['shared'] };
    const early = texts('early', 200);
    const late = texts('late', 200);
    await servers.createStream('shared', 4);
    await servers.put('shared', early);
    const a = startConsumer(servers, { ...fleet, worker: 'a' });
    const b = startConsumer(servers, { ...fleet, worker: 'b' });
    await Promise.all([a.until(() => held(a) === 2 && held(b) === 2), b.until(() => held(a) === 2 && held(b) === 2)]);
    expect(await a.consumer.stop()).toEqual({ clean: true });
    await a.run;
    await b.until(() => held(b) === 4);
    await servers.put('shared', late);
    await b.until(() => late.every((text) => b.seen.includes(text)));
    expect(new Set([...a.seen, ...b.seen])).toEqual(new Set([...early, ...late]));
    expect(await b.consumer.stop()).toEqual({ clean: true });
    await b.run;

    const c = startConsumer(servers, { ...fleet, worker: 'c' });
    await servers.put('shared', texts('last', 20));
    await c.until(() => texts('last', 20).every((text) => c.seen.includes(text)));
    expect(c.seen, 'after a clean stop nothing is read again').toHaveLength(20);
    await c.consumer.stop();
    await c.run;
  });

  test('after a stop that was not clean exactly what was not checkpointed is read again', async () => {
    const fleet = { application: 'hanging', streams: ['hung'] };
    await servers.createStream('hung', 1);
    await servers.put('hung', texts('saved', 5));
    const stuck = Promise.withResolvers<void>();
    const a = startConsumer(servers, {
      ...fleet,
      worker: 'a',
      drainTimeoutMs: 100,
      processor: {
        async process({ records }, context) {
          if (!records.some((record) => record.text().startsWith('saved'))) {
            stuck.resolve();
            return new Promise((resolve) => context.lost.addEventListener('abort', () => resolve(), { once: true }));
          }
          for (const record of records) context.acknowledge(record);
          await context.checkpoint();
        },
      },
    });
    await a.until(() => a.events.some((event) => event.kind === 'checkpoint-saved'));
    await servers.put('hung', texts('open', 5));
    await stuck.promise;
    expect(await a.consumer.stop()).toEqual({ clean: false });
    await a.run;

    const b = startConsumer(servers, { ...fleet, worker: 'b' });
    await b.until(() => b.seen.length >= 5);
    expect(b.seen).toEqual(texts('open', 5));
    await b.consumer.stop();
    await b.run;
  });

  test('a stream that does not exist ends the run with an error that says so', async () => {
    const a = startConsumer(servers, { application: 'missing', streams: ['nowhere'] });
    await expect(a.run).rejects.toMatchObject({ name: 'ConsumerError', code: 'STREAM_MISSING' });
    expect(a.consumer.status().state).toBe('stopped');
  });
});

describe.each<KinesisFlavour>(['volume', 'semantics'])('a split on the embedded Kinesis for %s', (flavour) => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers(flavour);
  });
  afterAll(() => servers.stop());

  test('the parent is read to its end before its children, and its lease ends', async () => {
    const before = texts('before', 30);
    const after = texts('after', 30);
    await servers.createStream('split', 1);
    await servers.put('split', before);
    const a = startConsumer(servers, { application: 'splitting', streams: ['split'], worker: 'a' });
    await a.until(() => a.seen.length > 0);
    await servers.split('split', a.consumer.status().shards[0]?.shard.shardId ?? '');
    await servers.put('split', after);
    await a.until(() => a.seen.length >= before.length + after.length);
    expect(a.seen.slice(0, before.length)).toEqual(before);
    expect(a.seen.slice(before.length).sort()).toEqual(after.sort());
    expect(a.events.filter((event) => event.kind === 'shard-stopped')).toMatchObject([{ reason: 'finished' }]);
    await a.until(() => held(a) === 2 && a.consumer.status().shards.filter((shard) => shard.position.kind === 'shard-end').length === 1);
    expect(await a.consumer.stop()).toEqual({ clean: true });
    await a.run;
  });

  test('a start at a time reads what came since, in the parent and in its children, and nothing from before', async () => {
    const since = texts('since', 20);
    const after = texts('after', 20);
    await servers.createStream('timed', 1);
    await servers.put('timed', texts('before', 20));
    const atMs = Date.now() + 1;
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(atMs));
    await servers.put('timed', since);
    await servers.split('timed', 'shardId-000000000000');
    await servers.put('timed', after);
    const a = startConsumer(servers, { application: 'timing', streams: ['timed'], worker: 'a', start: { kind: 'timestamp', atMs } });
    await a.until(() => a.seen.length >= since.length + after.length && held(a) === 2);
    expect(await a.consumer.stop()).toEqual({ clean: true });
    await a.run;
    expect(a.seen.toSorted()).toEqual([...after, ...since].toSorted());
  });
});
