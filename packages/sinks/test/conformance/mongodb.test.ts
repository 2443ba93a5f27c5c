// The MongoDB sink passes the suite that every sink passes, on a real server that speaks the protocol.
import { describe, test } from 'vitest';
import { sinkConformance } from '../../src/testing/index.ts';
import { mongoForFile, mongoTraits, sinksOn } from '../support/ferretdb.ts';
import { suiteOptions } from '../support/groups.ts';

const server = mongoForFile();

describe('the MongoDB sink', () => {
  let url = '';
  for (const { name, run } of sinkConformance(() => sinksOn(url), mongoTraits, suiteOptions)) {
    test(name, async (context) => {
      url = server.database(context);
      await run();
    });
  }
});
