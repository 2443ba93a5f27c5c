// The laws of a bad network for the CrateDB sink.
import { describe, test } from 'vitest';
import type { Timers } from '../../src/index.ts';
import { clock, crateForFile, sinkFor, sinksOn } from '../support/cratedb.ts';
import { networkLaws } from '../support/network-laws.ts';

const server = crateForFile();

describe('over a bad network', { timeout: 120_000 }, () => {
  let url = '';
  const under = {
    url: () => url,
    direct: () => sinksOn(url),
    sink: (through: string, timers: Timers) => sinkFor(through, { machine: { clock, timers } }),
    setup: 'sys.nodes',
    // The one request that holds the row which the law waits for.
    stores: '["c"',
  };
  for (const { name, run } of networkLaws(under)) {
    test(name, async (context) => {
      url = server.schema(context);
      await run();
    });
  }
});
