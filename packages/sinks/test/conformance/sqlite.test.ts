// The SQLite sink passes the suite that every sink passes, on a file.
import { describe, test } from 'vitest';
import { type SinkTraits, sinkConformance, sqlTraits } from '../../src/testing/index.ts';
import { suiteOptions } from '../support/groups.ts';
import { filesForTests, sinksOn } from '../support/sqlite.ts';

const newFile = filesForTests();

/** SQLite takes whatever it is given. */
const traits: SinkTraits = { ...sqlTraits, refused: undefined };

describe('the SQLite sink', () => {
  for (const { name, run } of sinkConformance(() => sinksOn(newFile()), traits, suiteOptions)) test(name, run);
});
