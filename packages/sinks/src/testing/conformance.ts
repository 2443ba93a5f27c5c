// The suite that every sink passes, as named functions that throw: whoever runs it brings the test runner. It knows no sink.

import type { SinkUnderTest } from './law.ts';
import { convergenceLaws } from './laws-convergence.ts';
import { rowLaws } from './laws-rows.ts';
import { tableLaws } from './laws-tables.ts';

/** `for (const { name, run } of sinkConformance(makeSink)) test(name, run)`. Each run makes and closes a sink of its own. */
export function sinkConformance(makeSink: () => Promise<SinkUnderTest>): readonly { readonly name: string; readonly run: () => Promise<void> }[] {
  return [...convergenceLaws, ...rowLaws, ...tableLaws].map(({ name, holds }) => ({
    name,
    async run() {
      const subject = await makeSink();
      try {
        await holds(subject);
      } finally {
        await subject.close();
      }
    },
  }));
}
