// What a sink says when it cannot open. It expects one thing: no password in it.
import { inspect } from 'node:util';
import { expect } from 'vitest';
import { type Sink, SinkError } from '../../src/index.ts';
import { never } from './machine.ts';

/** Opens and closes it; throws when it opens. */
export async function refusalToOpen(sink: Sink, url: string): Promise<SinkError> {
  const error = await sink
    .open(never)
    .then(() => undefined)
    .catch((thrown: unknown) => thrown)
    .finally(() => sink.close());
  if (!(error instanceof SinkError)) throw new Error(`no SinkError: ${inspect(error)}`);
  expect(inspect(error, { depth: 10 })).not.toContain(new URL(url).password);
  return error;
}
