// The fan-out source passes the suite of every shard source on kinesis-local, over HTTP/1.1, but for what that server does
// otherwise than AWS: it sends one event a second, for which these tests wait side by side; it refuses a subscription until it has noticed that
// the consumer's last one is gone; and what is named below.
import { type Embedded, startKinesis } from '@shardfold/embedded';
import { systemMachine } from '@shardfold/lease';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { unpacked } from '../../src/aggregation/unpack.ts';
import { createFanOut } from '../../src/fan-out/fan-out.ts';
import { createKinesisClient } from '../../src/kinesis/client.ts';
import { createKinesisService } from '../../src/kinesis/service.ts';
import { type ByteBudget, createByteBudget } from '../../src/memory/byte-budget.ts';
import { createTurns } from '../../src/memory/turns.ts';
import { type StreamUnderTest, shardSourceConformance } from '../../src/testing/index.ts';
import { streamOnEmulator } from '../support/streams-on-emulators.ts';

const endless = 'kinesis-local neither ends a subscription to a closed shard nor names its children';
/** Laws, by a part of their names, that kinesis-local cannot show. */
const notShown: Readonly<Record<string, string>> = {
  'a closed shard ends after its last record': endless,
  'what is put after a reshard is in the shards that follow': endless,
  'no more is read than the byte budget holds': 'kinesis-local sends all that there is in one event: fan-out-source.test.ts shows it with several',
};
const cannot = { children: endless, disturb: 'a subscription is no page: fan-out-source.test.ts disturbs it' };

const readersMax = 8;

/** The stream of the polling tests, read by fan-out. Readings take turns with a few consumers, so that none waits for the one before. */
async function streamOn(url: string, name: string, budget: ByteBudget): Promise<StreamUnderTest> {
  const stream = await streamOnEmulator(url, name, budget);
  const access = { endpoint: url, region: 'us-east-1' };
  const service = createKinesisService(createKinesisClient(access));
  const onEvent = () => undefined;
  const readers = Array.from({ length: readersMax }, (_, index) => {
    const fanOut = createFanOut({ access, application: `reader-${index}`, service, machine: systemMachine, budget, onEvent });
    return {
      source: unpacked(fanOut.source, { outsideShard: 'deliver', bufferBytes: 64 * 1024 * 1024, turn: createTurns(systemMachine.timers), onEvent }),
      close: fanOut.close,
    };
  });
  return {
    ...stream,
    source: {
      open(...asked) {
        const reader = readers.shift();
        if (reader === undefined) throw new Error('no reader is left');
        readers.push(reader);
        return reader.source.open(...asked);
      },
    },
    async close() {
      for (const reader of readers) reader.close();
      service.close();
      await stream.close();
    },
  };
}

beforeAll(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterAll(() => {
  vi.unstubAllEnvs();
});

describe('the fan-out source on kinesis-local', () => {
  let server: Embedded;
  let streams = 0;
  beforeAll(async () => {
    server = await startKinesis({ flavour: 'semantics' });
  });
  afterAll(() => server.stop());

  const laws = shardSourceConformance((budget) => {
    streams += 1;
    return streamOn(server.url, `conformance-${streams}`, budget);
  }, cannot);
  for (const { name, skip, run } of laws) {
    const reason = skip ?? Object.entries(notShown).find(([part]) => name.includes(part))?.[1];
    // They wait for the server's second, each for its own.
    test.concurrent(name, (context) => (reason === undefined ? run() : context.skip(reason)));
  }

  test.each(Object.keys(notShown))('there is one law that says: %s', (part) => {
    expect(laws.filter(({ name }) => name.includes(part))).toHaveLength(1);
  });
});

test('kinesalite has no fan-out: it is refused, and says what to do', async () => {
  const server = await startKinesis({ flavour: 'volume' });
  const stream = await streamOn(server.url, 'orders', createByteBudget(1_000_000));
  try {
    const batches = stream.source.open(stream.shard, { kind: 'trim-horizon' }, { signal: new AbortController().signal });
    await expect(batches[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'FAN_OUT_REFUSED', message: expect.stringContaining('polling') });
  } finally {
    await stream.close();
    await server.stop();
  }
});
