// A writer over a sink whose statements a test answers itself. It asserts nothing.
import { memorySink, target } from '@shardfold/sinks/testing';
import { createPatience } from '../../../src/flow/patience.ts';
import { createWriter, type WriterParts } from '../../../src/flow/writer.ts';
import type { FlowEvent } from '../../../src/observe/events.ts';
import { heldSink, type Statement, stillMachine, tally } from './support.ts';

export const never = new AbortController().signal;

export function writerUnderTest(parts: Partial<WriterParts> = {}) {
  const machine = stillMachine();
  const events: FlowEvent[] = [];
  const letters: string[] = [];
  const process = new AbortController();
  const onEvent = (event: FlowEvent) => events.push(event);
  const held = heldSink();
  const writer = createWriter({
    sinkName: 'main',
    sink: { ...memorySink({ clock: machine.clock }), ...held.sink },
    target: target('orders'),
    machine,
    patience: createPatience({ sink: 'main', machine, onEvent }),
    signal: process.signal,
    async deadLetter({ record }, { stage, code }, place) {
      letters.push([record.sequence, stage, code, place.sink, place.target].join(' '));
    },
    onEvent,
    ...parts,
  });
  return { ...held, machine, events, letters, process, writer, counts: () => tally(events, 'changes') };
}

/** What became of a promise so far. */
export function fate(promise: Promise<void>): () => unknown {
  let outcome: unknown = 'open';
  promise.then(
    () => {
      outcome = 'done';
    },
    (error: unknown) => {
      outcome = error;
    },
  );
  return () => outcome;
}

export const ids = ({ group }: Statement) => group.map((mutation) => (mutation.kind === 'append' ? mutation.position : mutation.key[0]?.[1]));
export const versions = ({ group }: Statement) => group.map(({ version }) => version.time);
