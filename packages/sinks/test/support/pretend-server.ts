// Two memory sinks over one place that pretend to be a database one can run statements on, and that can be made to lie in a
// named way: what the conformance suite is tried on. It knows no law.
import { memorySink, put, type SinkUnderTest, type StoredRow, textKey } from '../../src/testing/index.ts';
import { type Fold, theFold } from '../../src/testing/memory-key.ts';
import type { DeadLetterStore, Mutation, Sink, SinkStatus, Table, TargetTable, WriteReport } from '../../src/types.ts';
import { SinkError } from '../../src/types.ts';

/** How one subject lies. `writer` is the number of the sink. */
export interface Lie {
  readonly fold?: Fold;
  readonly target?: (target: TargetTable) => TargetTable;
  readonly mutation?: (mutation: Mutation, target: TargetTable, writer: number) => Mutation;
  readonly report?: (report: WriteReport, group: readonly Mutation[], target: TargetTable) => WriteReport;
  readonly table?: (table: Table, target: TargetTable, writer: number) => Table;
  readonly row?: (row: StoredRow, target: TargetTable) => StoredRow;
  readonly letters?: (store: DeadLetterStore) => DeadLetterStore;
  readonly status?: (status: SinkStatus) => SinkStatus;
  readonly opening?: (sink: Sink) => Sink;
  /** What a sweep makes of planted rows. */
  readonly heals?: 'nothing' | 'everything';
  /** Which statements the server carries out. */
  readonly runs?: (statement: string) => boolean;
}

function mapped(table: Table, target: TargetTable, writer: number, { mutation, report }: Lie): Table {
  return {
    ...table,
    async write(group, signal) {
      const sent = mutation === undefined ? group : group.map((each) => mutation(each, target, writer));
      const found = await table.write(sent, signal);
      return report === undefined ? found : report(found, group, target);
    },
  };
}

/** Rows put past the guard, seen by a sweep at the latest. */
function withPlants(table: Table, planted: Mutation[], heals: Lie['heals']): Table {
  return {
    ...table,
    async sweep(signal) {
      const swept = await table.sweep(signal);
      const stale = planted.splice(0);
      if (heals === 'everything') return { ...swept, healed: stale.length };
      const { superseded } = await table.write(stale, signal);
      return { ...swept, healed: heals === 'nothing' ? 0 : superseded };
    },
  };
}

export function pretendServer(lie: Lie): SinkUnderTest {
  const memory = memorySink({ clock: { wallMs: () => 0 } }, lie.fold ?? theFold);
  const made = new Set<string>();
  const planted = new Map<string, Mutation[]>();
  const sinkOf = (writer: number): Sink => ({
    ...memory,
    async table(asked, signal) {
      const target = lie.target === undefined ? asked : lie.target(asked);
      if (!target.createTables && !made.has(target.name)) {
        throw new SinkError('SINK_TABLE_MISSING', `The table is missing.\nCREATE ${target.name}`, { retryable: false });
      }
      made.add(target.name);
      const stale = planted.get(target.name) ?? [];
      planted.set(target.name, stale);
      const table = withPlants(mapped(await memory.table(target, signal), target, writer, lie), stale, lie.heals);
      return lie.table === undefined ? table : lie.table(table, target, writer);
    },
    deadLetters: () => (lie.letters === undefined ? memory.deadLetters() : lie.letters(memory.deadLetters())),
    describe: async (signal) => (lie.status === undefined ? memory.describe(signal) : lie.status(await memory.describe(signal))),
  });
  const [first, second] = [sinkOf(0), sinkOf(1)];
  const { opening } = lie;
  return {
    sinks: opening === undefined ? [first, second] : [opening(first), opening(second)],
    async rows(target) {
      const { row } = lie;
      const rows = memory.rows(target.name);
      return row === undefined ? rows : rows.map((each) => row(each, target));
    },
    async run(statements) {
      if (lie.runs?.(statements) !== false) made.add(statements.replace(/^CREATE /, ''));
    },
    async plant({ name }, id, version) {
      planted.get(name)?.push(put(textKey(id), version, {}));
    },
    close: () => memory.close(),
  };
}
