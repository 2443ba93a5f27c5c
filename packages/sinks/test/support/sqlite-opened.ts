// Sinks and tables on SQLite files that a test opens and need not close.
import { afterEach } from 'vitest';
import type { Sink, Table, TargetTable } from '../../src/index.ts';
import { target } from '../../src/testing/index.ts';
import { never, sqliteSink } from './sqlite.ts';

export interface Openings {
  /** Rejects with whatever opening throws. */
  sinkOn(url: string): Promise<Sink>;
  tableOn(url: string, of?: TargetTable): Promise<Table>;
}

/** Call at the top of a test file: what a test opened is closed after it. */
export function openingsForTests(): Openings {
  const opened: Sink[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((sink) => sink.close()));
  });
  async function sinkOn(url: string): Promise<Sink> {
    const sink = sqliteSink(url);
    opened.push(sink);
    await sink.open(never);
    return sink;
  }
  return { sinkOn, tableOn: async (url, of = target('orders')) => (await sinkOn(url)).table(of, never) };
}
