// Whole consumers by enhanced fan-out: over HTTP/1.1 on kinesis-local as far as that goes, over HTTP/2 against a server of our own
// that hands on what kinesis-local has, to the end of a shard and on to its children; and by polling where fan-out is refused.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKinesisClient } from '../../src/kinesis/client.ts';
import { createKinesisService } from '../../src/kinesis/service.ts';
import { fanOutServer } from '../support/fan-out-server.ts';
import { serveStreams } from '../support/fan-out-server-streams.ts';
import { oneEndpoint } from '../support/one-endpoint.ts';
import { eventsOf, held, type Servers, startConsumer, startServers, stopCleanly, texts } from '../support/stack.ts';

const parent = 'shardId-000000000000';

describe('over HTTP/1.1, on kinesis-local', () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers('semantics');
  });
  afterAll(() => servers.stop());

  test('what there is and what comes is read, and gone on with after a stop', async () => {
    await servers.createStream('pushed', 2);
    await servers.put('pushed', texts('early', 20));
    const fleet = { application: 'pushing', streams: ['pushed'], mode: 'fan-out' } as const;
    const a = startConsumer(servers, fleet);
    await a.until(() => a.seen.length >= 20);
    await servers.put('pushed', texts('later', 20));
    await a.until(() => a.seen.length >= 40);
    expect(a.seen.toSorted()).toEqual([...texts('early', 20), ...texts('later', 20)].toSorted());
    await stopCleanly(a);

    await servers.put('pushed', texts('last', 20));
    // kinesis-local refuses a subscription until it has noticed that the one before is over: it is tried again.
    const b = startConsumer(servers, fleet);
    await b.until(() => b.seen.length >= 20);
    expect(b.seen.toSorted(), 'after a clean stop nothing is read again').toEqual(texts('last', 20).toSorted());
    await stopCleanly(b);
  });

  test('a shard to its end', (context) =>
    context.skip('kinesis-local neither ends a subscription to a closed shard nor names its children: shown over HTTP/2 below'));
});

describe('over HTTP/2, beside kinesis-local', () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers('semantics');
  });
  afterAll(() => servers.stop());

  /** The streams of kinesis-local, handed on to those who subscribe. */
  async function pushing() {
    const server = await fanOutServer('http/2');
    const endpoint = await oneEndpoint({ http1: servers.kinesisUrl, http2: server.url });
    const service = createKinesisService(createKinesisClient(servers.access.kinesis));
    const served = serveStreams(server, service, service);
    return {
      server,
      fanOut: { http2: true },
      access: { ...servers.access, kinesis: { endpoint: endpoint.url, region: 'us-east-1' } },
      async put(stream: string, payloads: readonly string[]) {
        await servers.put(stream, payloads);
        served.changed();
      },
      async split(stream: string, shardId: string) {
        await servers.split(stream, shardId);
        served.changed();
      },
      async stop() {
        served.stop();
        await endpoint.stop();
        await server.stop();
        service.close();
      },
    };
  }

  test('a shard is read to its end, its children get leases and are read, and the application is registered once', async () => {
    const { server, access, fanOut, put, split, stop } = await pushing();
    try {
      await servers.createStream('ends', 1);
      await put('ends', texts('before', 30));
      const a = startConsumer({ access }, { application: 'ending', streams: ['ends'], mode: 'fan-out', fanOut });
      await a.until(() => a.seen.length >= 30);
      await put('ends', texts('still before', 5));
      await a.until(() => a.seen.length >= 35);
      await split('ends', parent);
      await put('ends', texts('after', 30));
      await a.until(() => a.seen.length >= 65 && held(a) === 2);
      expect(a.seen.slice(0, 35)).toEqual([...texts('before', 30), ...texts('still before', 5)]);
      expect(a.seen.slice(35).toSorted()).toEqual(texts('after', 30).toSorted());
      expect(eventsOf(a, 'shard-stopped')).toMatchObject([{ shard: { shardId: parent }, reason: 'finished' }]);
      expect(eventsOf(a, 'lease-finished').map(({ children }) => children.toSorted())).toEqual([['shardId-000000000001', 'shardId-000000000002']]);
      expect(server.consumers).toEqual(['ending']);
      await stopCleanly(a);
    } finally {
      await stop();
    }
  });

  test('in mode auto two consumers share the shards under one registration; what one gives back the other goes on with', async () => {
    const { server, access, fanOut, put, stop } = await pushing();
    try {
      await servers.createStream('shared', 4);
      await put('shared', texts('early', 40));
      const fleet = { application: 'sharing', streams: ['shared'], mode: 'auto', fanOut } as const;
      const a = startConsumer({ access }, { ...fleet, worker: 'a' });
      const b = startConsumer({ access }, { ...fleet, worker: 'b' });
      const shared = () => held(a) === 2 && held(b) === 2;
      await Promise.all([a.until(shared), b.until(shared)]);
      await stopCleanly(a);
      await put('shared', texts('late', 40));
      await b.until(() => held(b) === 4 && texts('late', 40).every((text) => b.seen.includes(text)));
      await stopCleanly(b);
      expect([...a.seen, ...b.seen].toSorted(), 'once each: both stopped cleanly').toEqual([...texts('early', 40), ...texts('late', 40)].toSorted());
      expect([...eventsOf(a, 'fan-out-refused'), ...eventsOf(b, 'fan-out-refused')]).toEqual([]);
      expect(new Set(server.consumers)).toEqual(new Set(['sharing']));
    } finally {
      await stop();
    }
  });

  test('a start at the latest that is handed on before a record came loses nothing', async () => {
    const { access, fanOut, put, stop } = await pushing();
    try {
      await servers.createStream('tip', 1);
      await put('tip', texts('before', 5));
      const fleet = { application: 'at-the-tip', streams: ['tip'], mode: 'fan-out', fanOut, start: { kind: 'latest' } } as const;
      const a = startConsumer({ access }, { ...fleet, worker: 'a' });
      await a.until(() => eventsOf(a, 'batch-fetched').length > 0);
      await stopCleanly(a);
      expect(a.seen).toEqual([]);
      await put('tip', texts('meanwhile', 5));
      const b = startConsumer({ access }, { ...fleet, worker: 'b' });
      const fresh = () => b.seen.filter((text) => !text.startsWith('before'));
      await b.until(() => fresh().length >= 5);
      expect(fresh(), 'records of before the start may come to a later owner, for a few seconds').toEqual(texts('meanwhile', 5));
      await stopCleanly(b);
    } finally {
      await stop();
    }
  });

  test('a stop closes the subscriptions, also a forced one with a batch in hand', async () => {
    const { server, access, fanOut, put, stop } = await pushing();
    try {
      await servers.createStream('closed', 1);
      await put('closed', ['in hand']);
      const began = Promise.withResolvers<void>();
      const a = startConsumer(
        { access },
        {
          application: 'closing',
          streams: ['closed'],
          mode: 'fan-out',
          fanOut,
          processor: {
            process(_batch, { lost }) {
              began.resolve();
              return new Promise((_, reject) => lost.addEventListener('abort', () => reject(lost.reason), { once: true }));
            },
          },
        },
      );
      await began.promise;
      expect(server.connections()).toBeGreaterThan(0);
      const [first] = [a.consumer.stop(), a.consumer.stop()];
      expect(await first).toEqual({ clean: false });
      await a.run;
      await expect.poll(() => server.connections()).toBe(0);
    } finally {
      await stop();
    }
  });
});

describe('where fan-out is refused (kinesalite has none)', () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await startServers('volume');
  });
  afterAll(() => servers.stop());

  test('mode auto polls, says so for each shard, and reads everything', async () => {
    await servers.createStream('polled', 2);
    await servers.put('polled', texts('early', 20));
    const a = startConsumer(servers, { application: 'polling', streams: ['polled'], mode: 'auto' });
    await a.until(() => a.seen.length >= 20);
    await servers.put('polled', texts('later', 20));
    await a.until(() => a.seen.length >= 40);
    expect(a.seen.toSorted()).toEqual([...texts('early', 20), ...texts('later', 20)].toSorted());
    const refused = eventsOf(a, 'fan-out-refused');
    expect(refused.map(({ shard }) => shard.shardId).toSorted()).toEqual([parent, 'shardId-000000000001']);
    expect(refused[0]?.error).toMatchObject({ code: 'FAN_OUT_REFUSED' });
    await stopCleanly(a);
  });

  test('mode fan-out ends the run, and gives the leases back', async () => {
    await servers.createStream('refused', 1);
    const a = startConsumer(servers, { application: 'insisting', streams: ['refused'], mode: 'fan-out' });
    await expect(a.run).rejects.toMatchObject({ name: 'ConsumerError', code: 'FAN_OUT_REFUSED', message: expect.stringContaining('polling') });
    expect(await servers.leaseRows('insisting')).toMatchObject([{ owner: undefined, checkpoint: 'TRIM_HORIZON' }]);
  });
});
