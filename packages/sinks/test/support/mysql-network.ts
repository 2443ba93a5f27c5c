// The laws of a bad network for the MySQL sink, as tests of the file that calls it.
import { describe, test } from 'vitest';
import type { Timers } from '../../src/index.ts';
import { clock } from './machine.ts';
import { type ServerForFile, sinkFor, sinksOn } from './mysql.ts';
import { networkLaws } from './network-laws.ts';

export function mysqlNetworkLaws(server: ServerForFile): void {
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
}
