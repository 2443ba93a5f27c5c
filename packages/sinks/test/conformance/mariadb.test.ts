// The MySQL sink passes the suite that every sink passes, on a real MariaDB.
import { describe, test } from 'vitest';
import { sinkConformance } from '../../src/testing/index.ts';
import { mariadbForFile } from '../support/mariadb.ts';
import { mariadbTraits, sinksOn } from '../support/mysql.ts';

const server = mariadbForFile();

describe('the MySQL sink on MariaDB', () => {
  let url = '';
  for (const { name, run } of sinkConformance(() => sinksOn(url), mariadbTraits)) {
    test(name, async (context) => {
      url = await server.database(context);
      await run();
    });
  }
});
