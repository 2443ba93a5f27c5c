// The PostgreSQL sink passes the suite that every sink passes, on a real server.
import { describe, test } from 'vitest';
import { sinkConformance } from '../../src/testing/index.ts';
import { postgresForFile, sinksOn } from '../support/postgres.ts';

const newUrl = postgresForFile();

describe('the PostgreSQL sink', () => {
  for (const { name, run } of sinkConformance(async () => sinksOn(await newUrl()))) test(name, run);
});
