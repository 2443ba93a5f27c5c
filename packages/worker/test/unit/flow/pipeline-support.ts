// A pipeline for tests: the codec, the router, the letters and a sink in memory, put together as a worker does. It asserts nothing.
import { autoCodec, type Codec } from '@shardfold/changes';
import type { StreamRecord } from '@shardfold/consumer';
import { type MemorySink, memorySink } from '@shardfold/sinks/testing';
import type { TableConfig } from '../../../src/config/config.ts';
import { type Bury, createLetters } from '../../../src/flow/letters.ts';
import { createPatience } from '../../../src/flow/patience.ts';
import { createRouter } from '../../../src/flow/route.ts';
import type { FlowEvent } from '../../../src/observe/events.ts';
import { createPipeline } from '../../../src/pipeline.ts';
import { batchOf, contextOf, record, type rowChange, stillMachine, tableConfig, tally, type truncation } from './support.ts';

export function pipelineWorld({
  rules = [tableConfig()],
  codec = autoCodec(),
  main,
  bury: over = (bury) => bury,
  workMs = () => 0,
}: {
  rules?: readonly TableConfig[];
  codec?: Codec;
  main?: (sink: MemorySink) => Partial<MemorySink>;
  bury?: (bury: Bury) => Bury;
  /** What the work has taken so far, by the clock. */
  workMs?: () => number;
} = {}) {
  const still = stillMachine();
  const machine = { ...still, clock: { ...still.clock, monotonicMs: () => still.clock.monotonicMs() + workMs() } };
  const events: FlowEvent[] = [];
  const process = new AbortController();
  const onEvent = (event: FlowEvent) => events.push(event);
  const memory = memorySink({ clock: machine.clock });
  const sink = { ...memory, ...main?.(memory) };
  const patience = createPatience({ sink: 'main', machine, onEvent });
  const bury = over(createLetters({ application: 'app', worker: 'w', machine, signal: process.signal, store: sink.deadLetters(), patience, onEvent }));
  const sinks = new Map([['main', { sink, patience }]]);
  const processor = createPipeline({ codec, route: createRouter(rules), sinks, bury, machine, signal: process.signal, onEvent });
  const lost = new AbortController();
  const shard = contextOf(record().shard, lost.signal);
  const run = (...records: readonly StreamRecord[]) => {
    return processor.process(batchOf(records), shard);
  };
  return { memory, machine, events, process, lost, run, records: () => tally(events, 'records'), changes: () => tally(events, 'changes') };
}

/** Reads what a test names: the payload is the name of an event. */
export function scripted(events: Readonly<Record<string, ReturnType<typeof rowChange> | ReturnType<typeof truncation>>>): Codec {
  return {
    name: 'scripted',
    about: 'what a test names',
    examples: [],
    recognises: () => true,
    decode: (each) => {
      const event = events[each.text()];
      return event === undefined ? { kind: 'ignored', reason: 'unknown' } : { kind: 'changes', events: [event] };
    },
  };
}
