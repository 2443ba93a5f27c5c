// The MySQL sink passes the suite that every sink passes, and keeps its word over a bad network, on a real MySQL.
import { describe, test } from 'vitest';
import { sinkConformance } from '../../src/testing/index.ts';
import { suiteOptions } from '../support/groups.ts';
import { mysqlForFile, mysqlTraits, sinksOn } from '../support/mysql.ts';
import { mysqlNetworkLaws } from '../support/mysql-network.ts';

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

mysqlNetworkLaws(server);
