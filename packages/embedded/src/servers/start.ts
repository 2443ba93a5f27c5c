// The embedded servers by name, and all of them at once. How each is run is said in the files beside this one.
import type { Embedded } from '../types.ts';
import { startServer } from './start-server.ts';

/** `volume`: fast, no resharding to speak of. `semantics`: resharding, fan-out and child shards, about 1,000 records a second. */
export type KinesisFlavour = 'volume' | 'semantics';

/** A Kinesis of one's own. Throws `EmbeddedError` when it does not come up. */
export function startKinesis(options: { readonly flavour?: KinesisFlavour } = {}): Promise<Embedded> {
  return startServer({ server: options.flavour === 'semantics' ? 'kinesis-local' : 'kinesalite' });
}

/** A DynamoDB of one's own, good for a lease table. Throws `EmbeddedError` when it does not come up. */
export function startDynamo(): Promise<Embedded> {
  return startServer({ server: 'dynalite' });
}

/**
 * A PostgreSQL 18 of one's own; `url` is its superuser's. `durable: false` (the default) never waits for the disk.
 * Works as root too: the server then runs as an unprivileged user. Throws `EmbeddedError` when it does not come up.
 */
export function startPostgres(options: { readonly durable?: boolean } = {}): Promise<Embedded> {
  return startServer({ server: 'postgres', durable: options.durable ?? false });
}

/** What a worker needs beside a database. */
export interface EmbeddedSource {
  readonly kinesis: Embedded;
  readonly dynamo: Embedded;
  /** Ends all; safe to call twice. */
  stop(): Promise<void>;
}

/** Everything that a worker needs. */
export interface EmbeddedStack extends EmbeddedSource {
  readonly postgres: Embedded;
}

/** When one does not come up, the others are ended before this throws. */
async function together<Servers extends readonly Promise<Embedded>[]>(starts: readonly [...Servers]) {
  const outcomes = await Promise.allSettled(starts);
  const stop = async () => {
    await Promise.all(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.stop() : undefined)));
  };
  if (outcomes.some((outcome) => outcome.status === 'rejected')) await stop();
  return { servers: await Promise.all(starts), stop };
}

/** A stream and a lease table. When one does not come up, the other is ended before this throws. */
export async function startSource(options: { readonly flavour?: KinesisFlavour } = {}): Promise<EmbeddedSource> {
  const { servers, stop } = await together([startKinesis(options), startDynamo()]);
  const [kinesis, dynamo] = servers;
  return { kinesis, dynamo, stop };
}

/** All three at once. When one does not come up, the others are ended before this throws. */
export async function startStack(options: { readonly flavour?: KinesisFlavour; readonly durable?: boolean } = {}): Promise<EmbeddedStack> {
  const { servers, stop } = await together([startKinesis(options), startDynamo(), startPostgres(options)]);
  const [kinesis, dynamo, postgres] = servers;
  return { kinesis, dynamo, postgres, stop };
}
