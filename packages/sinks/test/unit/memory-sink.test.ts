// The in-memory reference passes the suite that every sink passes.
import { describe, test } from 'vitest';
import { memorySink, sinkConformance, sqlTraits } from '../../src/testing/index.ts';

describe('the memory sink', () => {
  const laws = sinkConformance(
    async () => {
      const sink = memorySink({ clock: { wallMs: () => 0 } });
      return { sinks: [sink, sink], rows: async ({ name }) => sink.rows(name), close: () => sink.close() };
    },
    { ...sqlTraits, ddl: false, plants: false },
    { groups: 1_000 },
  );
  for (const { name, run } of laws) test(name, run);
});
