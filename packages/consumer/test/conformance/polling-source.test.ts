// The polling source passes the suite of every shard source on both embedded servers. What they do otherwise than AWS, and the suite
// therefore never asks for: on an empty shard of kinesis-local every iterator begins at the start, `latest` too, so that a record
// is there first; a time beyond the last record makes kinesalite's GetShardIterator hang for good; neither throttles, trims or
// expires an iterator before its five minutes: the Kinesis in memory does.
import { type Embedded, type KinesisFlavour, startKinesis } from '@shardfold/embedded';
import { afterAll, afterEach, beforeAll, beforeEach, describe, test, vi } from 'vitest';
import { type Ability, shardSourceConformance } from '../../src/testing/index.ts';
import { streamOnEmulator } from '../support/streams-on-emulators.ts';

const emulators: readonly { readonly flavour: KinesisFlavour; readonly server: string; readonly cannot: Readonly<Partial<Record<Ability, string>>> }[] = [
  {
    flavour: 'volume',
    server: 'kinesalite',
    cannot: { children: 'kinesalite gives no ChildShards' },
  },
  { flavour: 'semantics', server: 'kinesis-local', cannot: {} },
];

describe.each(emulators)('the polling source on $server', ({ flavour, cannot }) => {
  let server: Embedded;
  let streams = 0;
  beforeAll(async () => {
    server = await startKinesis({ flavour });
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  for (const { name, skip, run } of shardSourceConformance((budget) => {
    streams += 1;
    return streamOnEmulator(server.url, `conformance-${streams}`, budget);
  }, cannot))
    test(name, (context) => (skip === undefined ? run() : context.skip(skip)));
});
