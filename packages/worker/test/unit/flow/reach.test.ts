// Opening a sink: what is waited for, what ends the run, and what an alert hears of it.
import { SinkError } from '@shardfold/sinks';
import { expect, test } from 'vitest';
import { createPatience } from '../../../src/flow/patience.ts';
import { reach, toldOpening } from '../../../src/flow/reach.ts';
import type { FlowEvent } from '../../../src/observe/events.ts';
import { stillMachine, turn } from './support.ts';

const down = new SinkError('SINK_UNREACHABLE', 'No connection.', { retryable: true });
const wrong = new SinkError('SINK_DENIED', 'No such user.', { retryable: false });

/** A sink whose openings end as told, one after the other. */
function create(endings: readonly (SinkError | undefined)[]) {
  const machine = stillMachine();
  const events: FlowEvent[] = [];
  const onEvent = (event: FlowEvent) => void events.push(event);
  const patience = createPatience({ sink: 'main', machine, onEvent });
  const left = [...endings];
  const open = toldOpening(
    'main',
    async () => {
      await machine.timers.sleep(400);
      const error = left.shift();
      if (error !== undefined) throw error;
    },
    { machine, onEvent },
  );
  const writes = () => events.filter(({ kind }) => kind === 'sink-write');
  return { machine, open, writes, reached: (signal: AbortSignal) => reach({ patience, open }, signal) };
}

const failed = { kind: 'sink-write', sink: 'main', outcome: 'failed', durationMs: 400, rows: 0 };

test('a sink that is down is waited for, and every attempt is a write that failed', async () => {
  const { machine, reached, writes } = create([down, down, undefined]);
  const opened = reached(new AbortController().signal);
  for (let step = 0; step < 5; step += 1) {
    await turn();
    await machine.wake();
  }
  await opened;
  expect(writes()).toEqual([failed, failed]);
});

test('what refuses for good is not asked again', async () => {
  const { machine, reached, writes } = create([wrong, undefined]);
  const opened = expect(reached(new AbortController().signal)).rejects.toBe(wrong);
  await machine.wake();
  await opened;
  expect(writes()).toEqual([failed]);
  expect(machine.sleeping()).toBe(0);
});

test('a stop while it is opened ends it, and is no failure', async () => {
  const { machine, reached, writes } = create([down]);
  const stop = new AbortController();
  const reason = new Error('stop');
  const opened = expect(reached(stop.signal)).rejects.toBe(reason);
  await turn();
  stop.abort(reason);
  await machine.wake();
  await opened;
  expect(writes()).toEqual([]);
});
