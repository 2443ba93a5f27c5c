// The fan-out source passes the suite of every shard source, over HTTP/2 and HTTP/1.1, with a Kinesis in memory behind the server:
// what emulators cannot show, too. A page that is disturbed is a subscription that breaks.
import { systemMachine } from '@shardfold/lease';
import { afterEach, beforeEach, describe, test, vi } from 'vitest';
import { unpacked } from '../../src/aggregation/unpack.ts';
import { createFanOut } from '../../src/fan-out/fan-out.ts';
import { createTurns } from '../../src/memory/turns.ts';
import { type ByteBudget, memoryKinesis, type StreamUnderTest, shardSourceConformance } from '../../src/testing/index.ts';
import { fanOutServer, type Transport } from '../support/fan-out-server.ts';
import { serveStreams } from '../support/fan-out-server-streams.ts';
import { disturbanceOf, hurriedMachine } from '../support/sources-under-test.ts';

const stream = 'orders';
const arn = `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`;

async function streamOver(transport: Transport, budget: ByteBudget): Promise<StreamUnderTest> {
  const server = await fanOutServer(transport);
  const kinesis = memoryKinesis({ clock: systemMachine.clock });
  kinesis.createStream(stream);
  const [shard] = kinesis.openShards(stream);
  if (shard === undefined) throw new Error('a stream without shards');
  const { hook, disturb } = disturbanceOf(shard);
  const served = serveStreams(server, kinesis.service, kinesis.intercept(hook));
  const onEvent = () => undefined;
  const fanOut = createFanOut({
    access: { endpoint: server.url, region: 'us-east-1', http2: transport === 'http/2' },
    application: 'conformance',
    service: { ...kinesis.service, describe: async () => ({ name: stream, arn }) },
    machine: hurriedMachine,
    budget,
    onEvent,
  });
  return {
    source: unpacked(fanOut.source, { outsideShard: 'deliver', bufferBytes: 64 * 1024 * 1024, turn: createTurns(hurriedMachine.timers), onEvent }),
    shard,
    disturb,
    async put(payloads, partitionKey = 'key') {
      for (const data of payloads) kinesis.put(stream, { partitionKey, data });
      served.changed();
    },
    async closeShard() {
      kinesis.split(stream, shard.shardId);
      served.changed();
      return kinesis.openShards(stream);
    },
    async close() {
      fanOut.close();
      served.stop();
      await server.stop();
    },
  };
}

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each<Transport>(['http/2', 'http/1.1'])('the fan-out source over %s', (transport) => {
  for (const { name, run } of shardSourceConformance((budget) => streamOver(transport, budget))) test(name, run);
});
