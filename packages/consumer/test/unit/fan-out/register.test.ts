// The registration of a consumer, against a service that answers from a script; pauses are virtual.
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFanOutClient } from '../../../src/fan-out/client.ts';
import { type ConsumerRegistry, consumerNameOf, createConsumerRegistry } from '../../../src/fan-out/register.ts';
import type { ConsumerEvent } from '../../../src/types.ts';
import { fault, type ScriptedAnswer, scriptedService } from '../../support/scripted-service.ts';
import { virtualTime } from '../../support/time.ts';

const streamArn = 'arn:aws:kinesis:us-east-1:000000000000:stream/orders';
const never = new AbortController().signal;
const arn = (version = 1) => `${streamArn}/consumer/app:${version}`;
const consumer = (ConsumerStatus: string, version = 1) => ({ ConsumerName: 'app', ConsumerARN: arn(version), ConsumerStatus, ConsumerCreationTimestamp: 1 });
const described = (status: string, version = 1): ScriptedAnswer => ({
  operation: 'DescribeStreamConsumer',
  body: { ConsumerDescription: { ...consumer(status, version), StreamARN: streamArn } },
});
const registered = (status: string, version = 1): ScriptedAnswer => ({ operation: 'RegisterStreamConsumer', body: { Consumer: consumer(status, version) } });
const absent = fault('DescribeStreamConsumer', 'ResourceNotFoundException');
const inUse = fault('RegisterStreamConsumer', 'ResourceInUseException');

interface Registering {
  readonly registry: ConsumerRegistry;
  readonly asked: readonly { readonly operation: string; readonly input: object }[];
  readonly events: readonly ConsumerEvent[];
}

/** Runs the test against the script; what was not foreseen is refused as denied. */
async function registering(script: readonly ScriptedAnswer[], check: (subject: Registering) => Promise<void>): Promise<void> {
  const service = await scriptedService(script);
  const client = createFanOutClient({ endpoint: service.url, region: 'us-east-1' });
  const time = virtualTime();
  const events: ConsumerEvent[] = [];
  const registry = createConsumerRegistry({
    client,
    consumerName: 'app',
    machine: time.machine(1),
    service: { describe: async () => ({ name: 'orders', arn: streamArn }) },
    onEvent(event) {
      events.push(event);
      if (event.kind === 'listing-failed') setImmediate(() => void time.advance(event.retryInMs));
    },
  });
  try {
    await check({ registry, asked: service.asked, events });
  } finally {
    client.destroy();
    await service.stop();
  }
}

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a registration', () => {
  test.each<[string, readonly ScriptedAnswer[], readonly string[]]>([
    ['takes the consumer that is there', [described('ACTIVE')], ['DescribeStreamConsumer']],
    ['registers one where there is none', [absent, registered('ACTIVE')], ['DescribeStreamConsumer', 'RegisterStreamConsumer']],
    [
      'waits until it is active',
      [absent, registered('CREATING'), described('CREATING'), described('ACTIVE')],
      ['DescribeStreamConsumer', 'RegisterStreamConsumer', 'DescribeStreamConsumer', 'DescribeStreamConsumer'],
    ],
    [
      'takes the one that another worker registers',
      [absent, inUse, described('CREATING'), described('ACTIVE')],
      ['DescribeStreamConsumer', 'RegisterStreamConsumer', 'DescribeStreamConsumer', 'DescribeStreamConsumer'],
    ],
    [
      'waits until an old one is deleted',
      [described('DELETING'), absent, registered('ACTIVE')],
      ['DescribeStreamConsumer', 'DescribeStreamConsumer', 'RegisterStreamConsumer'],
    ],
    [
      'is patient with throttling',
      [
        fault('DescribeStreamConsumer', 'LimitExceededException'),
        fault('DescribeStreamConsumer', 'ThrottlingException'),
        { operation: 'DescribeStreamConsumer', status: 500, body: { __type: 'InternalFailure' } },
        described('ACTIVE'),
      ],
      ['DescribeStreamConsumer', 'DescribeStreamConsumer', 'DescribeStreamConsumer', 'DescribeStreamConsumer'],
    ],
    [
      'bears that too many are being created for a while',
      [absent, fault('RegisterStreamConsumer', 'LimitExceededException'), absent, registered('ACTIVE')],
      ['DescribeStreamConsumer', 'RegisterStreamConsumer', 'DescribeStreamConsumer', 'RegisterStreamConsumer'],
    ],
  ])('%s, and asks no more after that', async (_, script, operations) => {
    await registering(script, async ({ registry, asked, events }) => {
      expect(await registry.consumerArn('orders', never)).toBe(arn());
      expect(await registry.consumerArn('orders', never)).toBe(arn());
      expect(asked.map((each) => each.operation)).toEqual(operations);
      for (const { input } of asked) expect(input).toEqual({ StreamARN: streamArn, ConsumerName: 'app' });
      const looks = operations.filter((operation) => operation === 'DescribeStreamConsumer').length;
      expect(events.map((event) => event.kind)).toEqual(Array.from({ length: looks - 1 }, () => 'listing-failed'));
    });
  });

  test.each<[string, readonly ScriptedAnswer[], string, RegExp]>([
    ['a policy that does not allow it', [fault('DescribeStreamConsumer', 'AccessDeniedException')], 'FAN_OUT_REFUSED', /Allow kinesis:DescribeStreamConsumer/],
    [
      'a policy that allows looking only',
      [absent, fault('RegisterStreamConsumer', 'AccessDeniedException')],
      'FAN_OUT_REFUSED',
      /kinesis:RegisterStreamConsumer/,
    ],
    ['a name that is not taken', [fault('DescribeStreamConsumer', 'ValidationException')], 'FAN_OUT_REFUSED', /name/],
    ['a server that knows no consumers', [fault('DescribeStreamConsumer', 'UnknownOperationException')], 'FAN_OUT_REFUSED', /polling/],
    [
      'a server that has them not yet',
      [{ operation: 'DescribeStreamConsumer', status: 501, body: { __type: 'InternalFailure' } }],
      'FAN_OUT_REFUSED',
      /polling/,
    ],
    [
      'twenty consumers that are there already',
      Array.from({ length: 5 }, () => [absent, fault('RegisterStreamConsumer', 'LimitExceededException')]).flat(),
      'FAN_OUT_REFUSED',
      /20 consumers/,
    ],
    ['a stream that is not there', [absent, fault('RegisterStreamConsumer', 'ResourceNotFoundException')], 'STREAM_MISSING', /does not exist/],
    ['credentials that nobody knows', [fault('DescribeStreamConsumer', 'UnrecognizedClientException')], 'STREAM_DENIED', /credentials/],
  ])('gives up on %s', async (_, script, code, message) => {
    await registering(script, async ({ registry, asked }) => {
      await expect(registry.consumerArn('orders', never)).rejects.toMatchObject({ code, retryable: false, message: expect.stringMatching(message) });
      expect(asked).toHaveLength(script.length);
    });
  });

  test('is asked for once by all shards that want it at once', async () => {
    await registering([absent, registered('CREATING'), described('ACTIVE')], async ({ registry, asked }) => {
      const { signal } = new AbortController();
      expect(await Promise.all([1, 2, 3].map(() => registry.consumerArn('orders', signal)))).toEqual([arn(), arn(), arn()]);
      expect([asked.length, getEventListeners(signal, 'abort')]).toEqual([3, []]);
    });
  });

  test('a refusal is every shard’s, and is not kept', async () => {
    await registering([fault('DescribeStreamConsumer', 'AccessDeniedException'), described('ACTIVE')], async ({ registry, asked }) => {
      const both = await Promise.allSettled([registry.consumerArn('orders', never), registry.consumerArn('orders', never)]);
      expect(both.map((each) => each.status)).toEqual(['rejected', 'rejected']);
      expect(await registry.consumerArn('orders', never)).toBe(arn());
      expect(asked).toHaveLength(2);
    });
  });

  test('goes on for the others when the shard that asked is stopped', async () => {
    await registering([described('ACTIVE')], async ({ registry }) => {
      const stop = new AbortController();
      const reason = new Error('stop it');
      const asking = registry.consumerArn('orders', stop.signal);
      const waiting = registry.consumerArn('orders', never);
      stop.abort(reason);
      await expect(asking).rejects.toBe(reason);
      expect(await waiting).toBe(arn());
    });
  });

  test('lets a shard go that is stopped while another asks', async () => {
    await registering([described('ACTIVE')], async ({ registry }) => {
      const stop = new AbortController();
      const reason = new Error('stop it');
      const asking = registry.consumerArn('orders', never);
      const waiting = registry.consumerArn('orders', stop.signal);
      stop.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      expect(await asking).toBe(arn());
      expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    });
  });

  test('is looked up anew for an ARN that the service does not know any more', async () => {
    await registering([described('ACTIVE'), absent, registered('ACTIVE', 2)], async ({ registry, asked }) => {
      expect(await registry.consumerArn('orders', never)).toBe(arn(1));
      expect(await registry.consumerArn('orders', never, arn(1))).toBe(arn(2));
      expect(await registry.consumerArn('orders', never, arn(1))).toBe(arn(2));
      expect(asked).toHaveLength(3);
    });
  });
});

test.each([
  ['orders-app', 'orders-app'],
  ['a.b_c-9', 'a.b_c-9'],
  ['a'.repeat(128), 'a'.repeat(128)],
])('a name that is legal stays: %s', (application, name) => {
  expect(consumerNameOf(application)).toBe(name);
});

test.each(['orders app', 'überall', '', 'a'.repeat(129), `${'a'.repeat(128)}b`, 'a/b', 'a:b'])(
  'a name that is not becomes one of its own: %s',
  (application) => {
    const name = consumerNameOf(application);
    expect(name).toMatch(/^[a-zA-Z0-9_.-]{1,128}$/);
    expect(consumerNameOf(application)).toBe(name);
    expect(new Set(['orders app', 'orders-app', 'orders/app', 'orders app-'].map(consumerNameOf)).size).toBe(4);
  },
);
