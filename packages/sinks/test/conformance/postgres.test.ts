// The PostgreSQL sink passes the suite that every sink passes, on a real server; and so does the SQL engine alone, with a dialect
// that brings no statements of its own but those it must.
import { describe, test } from 'vitest';
import { sinkConformance, sqlTraits } from '../../src/testing/index.ts';
import { plainSinkFor, postgresForFile, sinksOn } from '../support/postgres.ts';

const newUrl = postgresForFile();

describe('the PostgreSQL sink', () => {
  for (const { name, run } of sinkConformance(async () => sinksOn(await newUrl()), sqlTraits)) test(name, run);
});

describe('a dialect without fast statements', () => {
  for (const { name, run } of sinkConformance(async () => sinksOn(await newUrl(), plainSinkFor), sqlTraits, { groups: 20 })) test(name, run);
});
