// Puts a consumer together for AWS: clients, lease table, and the source that was chosen. It holds no policy.
import { hostname } from 'node:os';
import { createDynamoClient, dynamodbLeaseStore, type Machine, systemMachine } from '@shardfold/lease';
import { resumed, unpacked } from './aggregation/unpack.ts';
import { createStreamsClients } from './dynamodb-streams/client.ts';
import { createDynamoDbStreamsService, recordsPerCallMax as streamRecordsPerCallMax } from './dynamodb-streams/service.ts';
import { ConsumerError } from './errors.ts';
import { createFanOut, type FanOut } from './fan-out/fan-out.ts';
import { fanOutOrPolling } from './fan-out/or-polling.ts';
import { createKinesisClient } from './kinesis/client.ts';
import { createKinesisService, recordsPerCallMax } from './kinesis/service.ts';
import { type ByteBudget, createByteBudget } from './memory/byte-budget.ts';
import { createTurns } from './memory/turns.ts';
import { type ConsumerChoices, type ConsumerOptions, checkChoices, withDefaults } from './options.ts';
import { consumerOver } from './over-seams.ts';
import { createPollingSource } from './source/polling.ts';
import type { StreamService } from './source/service.ts';
import type { Consumer, ShardSource } from './types.ts';

/**
 * The times of the lease protocol for a lease duration: fence, renewal and time-out keep the proportions of its example
 * (10 s: 8.5, 5 and 1 s), whose inequalities then hold.
 */
export function leaseTimes(durationMs: number) {
  return { durationMs, fenceMs: durationMs * 0.85, renewIntervalMs: durationMs * 0.5, requestTimeoutMs: durationMs * 0.1 };
}

/** The same, but for streams that the application has no use for. */
function screened(service: StreamService, refuse: ConsumerChoices['refuse']): StreamService {
  return {
    ...service,
    async describe(stream, signal) {
      const description = await service.describe(stream, signal);
      const why = refuse(description);
      if (why === undefined) return description;
      throw new ConsumerError('STREAM_UNSUITABLE', `Stream ${stream} is not read: ${why}`, { retryable: false });
    },
  };
}

interface Reading {
  readonly service: StreamService;
  readonly source: ShardSource;
  close(): void;
}

interface ReadingParts {
  readonly choices: ConsumerChoices;
  readonly machine: Machine;
  readonly budget: ByteBudget;
}

function readDynamoDbStreams({ choices, machine, budget }: ReadingParts): Reading {
  const service = createDynamoDbStreamsService({ ...createStreamsClients(choices.dynamodb), machine });
  const source = resumed(createPollingSource({ ...choices, service, recordsPerCallMax: streamRecordsPerCallMax, machine, budget }));
  return { service, source, close: service.close };
}

function readKinesis({ choices, machine, budget }: ReadingParts): Reading {
  const { mode, application, kinesis, fanOut, onEvent } = choices;
  const turn = createTurns(machine.timers);
  const service = createKinesisService(createKinesisClient(kinesis), {
    turn,
    onFallback: (why) => onEvent({ kind: 'wire-changed', why }),
  });
  const polling = createPollingSource({ ...choices, service, recordsPerCallMax, machine, budget });
  let pushing: FanOut | undefined;
  let raw = polling;
  if (mode !== 'polling') {
    const { consumerName, http2 } = fanOut;
    pushing = createFanOut({
      access: { ...kinesis, ...(http2 === undefined ? {} : { http2 }) },
      application,
      ...(consumerName === undefined ? {} : { consumerName }),
      service,
      machine,
      budget,
      onEvent,
    });
    raw = mode === 'fan-out' ? pushing.source : fanOutOrPolling(pushing.source, polling, (shard, error) => onEvent({ kind: 'fan-out-refused', shard, error }));
  }
  return {
    service,
    source: unpacked(raw, { ...choices, turn }),
    close() {
      pushing?.close();
      service.close();
    },
  };
}

/** Throws `ConsumerError` OPTIONS_INVALID; nothing is contacted before `run`. */
export function createConsumer(options: ConsumerOptions): Consumer {
  const choices = withDefaults(options);
  checkChoices(choices);
  const machine = options.machine ?? systemMachine;
  const incarnation = machine.random.id();
  const worker = options.worker ?? `${hostname()}-${incarnation.slice(0, 8)}`;
  const { application, lease, dynamodb } = choices;
  const times = leaseTimes(lease.durationMs);
  const client = createDynamoClient({ ...dynamodb, requestTimeoutMs: times.requestTimeoutMs, maxAttempts: 1 });
  const store = dynamodbLeaseStore({ client, table: lease.table, application, creation: lease.creation, timers: machine.timers, times });
  const budget = createByteBudget(choices.bufferBytes);
  const parts = { choices, machine, budget };
  const reading = choices.kind === 'kinesis' ? readKinesis(parts) : readDynamoDbStreams(parts);
  return consumerOver({
    ...choices,
    ...reading,
    service: screened(reading.service, choices.refuse),
    identity: { worker, incarnation },
    machine,
    budget,
    store,
    times,
    leaseLimits: { maxPerWorker: lease.maxPerWorker, joinDelayMs: lease.joinDelayMs },
    async close() {
      reading.close();
      await store.close();
    },
  });
}
