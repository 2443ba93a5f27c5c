// The MySQL sink passes the suite that every sink passes, on a real MySQL.
import { describe, test } from 'vitest';
import { sinkConformance } from '../../src/testing/index.ts';
import { mysqlForFile, mysqlTraits, sinksOn } from '../support/mysql.ts';

const server = mysqlForFile();

describe('the MySQL sink on MySQL', () => {
  let url = '';
  for (const { name, run } of sinkConformance(() => sinksOn(url), mysqlTraits)) {
    test(name, async (context) => {
      url = await server.database(context);
      await run();
    });
  }
});
