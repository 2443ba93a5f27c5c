// The PostgreSQL sink passes the suite that every sink passes, on a real server; and so does the SQL engine alone, with a dialect
// that brings no statements of its own but those it must.
import { describe, test } from 'vitest';
import { createPostgresSink, type Timers } from '../../src/index.ts';
import { sinkConformance, sqlTraits } from '../../src/testing/index.ts';
import { suiteOptions } from '../support/groups.ts';
import { clock } from '../support/machine.ts';
import { networkLaws } from '../support/network-laws.ts';
import { plainSinkFor, postgresForFile, sinksOn } from '../support/postgres.ts';

const newUrl = postgresForFile();

describe('the PostgreSQL sink', () => {
  for (const { name, run } of sinkConformance(async () => sinksOn(await newUrl()), sqlTraits, suiteOptions)) test(name, run);
});

describe('a dialect without fast statements', () => {
  for (const { name, run } of sinkConformance(async () => sinksOn(await newUrl(), plainSinkFor), sqlTraits, { groups: 20 })) test(name, run);
});

describe('over a bad network', () => {
  let url = '';
  const under = {
    url: () => url,
    direct: () => sinksOn(url),
    sink: (through: string, own: Timers) => createPostgresSink({ url: through, application: 'test', machine: { clock, timers: own }, createTables: true }),
  };
  for (const { name, run } of networkLaws(under)) {
    test(name, async () => {
      url = await newUrl();
      await run();
    });
  }
});
