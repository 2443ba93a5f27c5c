// Which letters are one.
import { memorySink } from '@shardfold/sinks/testing';
import { expect, test } from 'vitest';
import { createLetters } from '../../../src/flow/letters.ts';
import { createPatience } from '../../../src/flow/patience.ts';
import { record, stillMachine } from '../flow/support.ts';
import { never } from './support.ts';

test('the same record is one letter of each fleet that keeps its letters in one place', async () => {
  const machine = stillMachine();
  const memory = memorySink({ clock: machine.clock });
  const onEvent = () => undefined;
  const patience = createPatience({ sink: 'main', machine, onEvent });
  const fault = { stage: 'decode', code: 'NOT_JSON', message: 'no' } as const;
  const burial = { record: record('no json'), fault, place: { sink: undefined, target: undefined }, event: undefined, key: undefined };
  for (const application of ['one', 'two', 'one']) {
    const bury = createLetters({ application, worker: 'w', machine, signal: never, store: memory.deadLetters(), patience, onEvent });
    await bury(burial, never);
  }
  expect([...memory.letters.values()].map(({ application }) => application).sort()).toEqual(['one', 'two']);
});
