// Laws told as steps: what is written, what the report says of it, what stands afterwards. It knows no law.
import type { Version } from '@shardfold/changes';
import type { Mutation, Table, TargetTable } from '../types.ts';
import { assertAccounted, assertReport, assertRows, type WantedRow } from './check.ts';
import { neverAborted, type Trial } from './law.ts';

export interface Step {
  readonly says: string;
  readonly write?: Mutation;
  readonly truncate?: Version;
  /** What becomes of the write; `either` where two readings of the fold are right. */
  readonly outcome?: 'applied' | 'superseded' | 'either' | 'rejected';
  /** The rows afterwards, when they are looked at. */
  readonly rows?: readonly WantedRow[];
}

async function take(trial: Trial, table: Table, { says, write, truncate, outcome = 'applied' }: Step): Promise<void> {
  if (truncate !== undefined) await table.truncate(truncate, neverAborted);
  if (write === undefined) return;
  const report = await table.write([write], neverAborted);
  if (outcome === 'either') assertAccounted(report, [write]);
  else if (outcome === 'rejected') assertReport(trial, report, { rejected: [0] }, says);
  else assertReport(trial, report, { [outcome]: 1 }, says);
}

/** Goes through the steps, each by the other sink than the last, so that nothing rests on what a sink remembers. */
export async function walk(trial: Trial, target: TargetTable, steps: readonly Step[]): Promise<void> {
  const tables: Table[] = [];
  for (const sink of trial.sinks) tables.push(await sink.table(target, neverAborted));
  for (const [index, step] of steps.entries()) {
    const table = tables[index % tables.length];
    if (table !== undefined) await take(trial, table, step);
    if (step.rows !== undefined) await assertRows(trial, target, step.rows, step.says);
  }
}
