// What a sink refuses with. It expects one thing: no password in it.
import { inspect } from 'node:util';
import { expect } from 'vitest';
import { type Sink, SinkError } from '../../src/index.ts';
import { never } from './machine.ts';

/** Throws where there is no refusal. */
export async function refusalOf(attempt: Promise<unknown>): Promise<SinkError> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SinkError)) throw new Error(`no SinkError: ${inspect(error)}`);
  return error;
}

/** Opens and closes it; throws when it opens. */
export async function refusalToOpen(sink: Sink, url: string): Promise<SinkError> {
  const error = await refusalOf(sink.open(never)).finally(() => sink.close());
  expect(inspect(error, { depth: 10 })).not.toContain(new URL(url).password);
  return error;
}
