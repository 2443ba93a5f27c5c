// A whole consumer over a stream service and a lease store that a test brings along, such as those in memory: everything between
// leases and processor is what ships. It makes no client and closes nothing.
import { type LeaseStore, type Machine, systemMachine } from '@shardfold/lease';
import { memoryLeaseStore } from '@shardfold/lease/testing';
import { unpacked } from '../aggregation/unpack.ts';
import { leaseTimes } from '../create-consumer.ts';
import { recordsPerCallMax } from '../kinesis/service.ts';
import { createByteBudget } from '../memory/byte-budget.ts';
import { createTurns } from '../memory/turns.ts';
import { type ConsumerOptions, checkChoices, withDefaults } from '../options.ts';
import { consumerOver } from '../over-seams.ts';
import { createPollingSource } from '../source/polling.ts';
import type { StreamService } from '../source/service.ts';
import type { Consumer } from '../types.ts';

type OfAws = 'application' | 'kind' | 'mode' | 'fanOut' | 'kinesis' | 'dynamodb' | 'lease' | 'machine';

/** Those of `createConsumer`, with the same defaults; instead of AWS: */
export interface MemoryConsumerOptions extends Omit<ConsumerOptions, OfAws> {
  /** Of `memoryKinesis()`, say. Several consumers may read it. */
  readonly service: StreamService;
  /** Default: one in memory. Of `memoryLeaseStore({ table })`, say: one for each consumer, over one table for those that share the shards. */
  readonly store?: LeaseStore;
  /** Whose time it is. Default: the system's. Under `createVirtualTime()` no test waits. */
  readonly machine?: Machine;
  readonly lease?: Pick<NonNullable<ConsumerOptions['lease']>, 'durationMs' | 'maxPerWorker' | 'joinDelayMs'>;
}

/** Throws `ConsumerError` OPTIONS_INVALID; nothing is asked before `run`. */
export function memoryConsumer(options: MemoryConsumerOptions): Consumer {
  const { service, store = memoryLeaseStore(), machine = systemMachine } = options;
  const choices = withDefaults({ ...options, application: 'memory' });
  checkChoices(choices);
  const incarnation = machine.random.id();
  const budget = createByteBudget(choices.bufferBytes);
  const polling = createPollingSource({ ...choices, service, recordsPerCallMax, machine, budget });
  return consumerOver({
    ...choices,
    identity: { worker: options.worker ?? `memory-${incarnation.slice(0, 8)}`, incarnation },
    service,
    store,
    machine,
    budget,
    source: unpacked(polling, { ...choices, turn: createTurns(machine.timers) }),
    times: leaseTimes(choices.lease.durationMs),
    leaseLimits: choices.lease,
    close: async () => undefined,
  });
}
