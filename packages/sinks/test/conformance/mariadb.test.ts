// The MySQL sink passes the suite that every sink passes, and keeps its word over a bad network, on a real MariaDB.
import { describe, test } from 'vitest';
import type { Timers } from '../../src/index.ts';
import { sinkConformance } from '../../src/testing/index.ts';
import { suiteOptions } from '../support/groups.ts';
import { mariadbForFile } from '../support/mariadb.ts';
import { clock, mariadbTraits, sinkFor, sinksOn } from '../support/mysql.ts';
import { networkLaws } from '../support/network-laws.ts';

const server = mariadbForFile();

describe('the MySQL sink on MariaDB', () => {
  let url = '';
  for (const { name, run } of sinkConformance(() => sinksOn(url), mariadbTraits, suiteOptions)) {
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
