// The MySQL sink passes the suite that every sink passes, and keeps its word over a bad network, on a real MariaDB.
import { describe, test } from 'vitest';
import { sinkConformance } from '../../src/testing/index.ts';
import { suiteOptions } from '../support/groups.ts';
import { mariadbForFile } from '../support/mariadb.ts';
import { mariadbTraits, sinksOn } from '../support/mysql.ts';
import { mysqlNetworkLaws } from '../support/mysql-network.ts';

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

mysqlNetworkLaws(server);
