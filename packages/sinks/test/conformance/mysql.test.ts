// The MySQL sink passes the suite that every sink passes, and keeps its word over a bad network, on a real MySQL.
import { describe, test } from 'vitest';
import type { Timers } from '../../src/index.ts';
import { sinkConformance } from '../../src/testing/index.ts';
import { suiteOptions } from '../support/groups.ts';
import { clock, mysqlForFile, mysqlTraits, sinkFor, sinksOn } from '../support/mysql.ts';
import { networkLaws } from '../support/network-laws.ts';

const server = mysqlForFile();

describe('the MySQL sink on MySQL', () => {
  let url = '';
  for (const { name, run } of sinkConformance(() => sinksOn(url), mysqlTraits, suiteOptions)) {
    test(name, async (context) => {
      url = await server.database(context);
      await run();
    });
  }
});

describe('over a bad network', () => {
  let url = '';
  const under = {
    url: () => url,
    direct: () => sinksOn(url),
    sink: (through: string, timers: Timers) => sinkFor(through, { machine: { clock, timers } }),
    setup: 'SET SESSION',
  };
  for (const { name, run } of networkLaws(under)) {
    test(name, async (context) => {
      url = await server.database(context);
      await run();
    });
  }
});
