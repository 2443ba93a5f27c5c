// The suite that every sink passes, as named functions that throw: whoever runs it brings the test runner. It knows no sink.
import type { Law, SinkTraits, SinkUnderTest, SuiteOptions } from './law.ts';
import { columnLaws } from './laws-columns.ts';
import { letterLaws } from './laws-letters.ts';
import { columnNameLaws } from './laws-names.ts';
import { orderLaws } from './laws-orders.ts';
import { patchLaws } from './laws-patches.ts';
import { rowLaws } from './laws-rows.ts';
import { softLaws } from './laws-soft.ts';
import { tableLaws } from './laws-tables.ts';
import { versionLaws } from './laws-versions.ts';
import { writerLaws } from './laws-writers.ts';

const laws: readonly Law[] = [
  ...versionLaws,
  ...orderLaws,
  ...writerLaws,
  ...patchLaws,
  ...softLaws,
  ...rowLaws,
  ...columnLaws,
  ...columnNameLaws,
  ...tableLaws,
  ...letterLaws,
];

/** `for (const { name, run } of sinkConformance(makeSink, sqlTraits)) test(name, run)`. Each run makes and closes a sink of its own. */
export function sinkConformance(
  makeSink: () => Promise<SinkUnderTest>,
  traits: SinkTraits,
  options: SuiteOptions = { groups: 100 },
): readonly { readonly name: string; readonly run: () => Promise<void> }[] {
  return laws
    .filter(({ concerns }) => concerns === undefined || concerns(traits))
    .map(({ name, holds }) => ({
      name,
      async run() {
        const subject = await makeSink();
        try {
          await holds({ ...subject, ...options, traits });
        } finally {
          await subject.close();
        }
      },
    }));
}
