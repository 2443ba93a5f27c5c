// Tables of dead letters as an older version made them, on CrateDB.
import { describe } from 'vitest';
import { quoted } from '../../src/cratedb/names.ts';
import { crateForFile, query, sinkFor } from '../support/cratedb.ts';
import { lettersTables } from '../support/letters-tables.ts';

const server = crateForFile();

describe('CrateDB', { timeout: 120_000 }, () => {
  lettersTables({
    database: async (context) => server.schema(context),
    sink: (url, createTables) => sinkFor(url, { createTables }),
    async query(url, statement) {
      const schema = quoted(new URL(url).pathname.slice(1));
      await query(url, statement.replace(' shardfold_dead_letters ', ` ${schema}.shardfold_dead_letters `));
    },
  });
});
