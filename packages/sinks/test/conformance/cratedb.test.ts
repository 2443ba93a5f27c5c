// The CrateDB sink passes the suite that every sink passes, on a real server.
import { describe, test } from 'vitest';
import { sinkConformance } from '../../src/testing/index.ts';
import { crateForFile, crateTraits, sinksOn } from '../support/cratedb.ts';
import { suiteOptions } from '../support/groups.ts';

const server = crateForFile();

describe('the CrateDB sink', () => {
  let url = '';
  for (const { name, run } of sinkConformance(() => sinksOn(url), crateTraits, suiteOptions)) {
    test(name, { timeout: 300_000 }, async (context) => {
      url = server.schema(context);
      await run();
    });
  }
});
