// Tells of a table without a key at its first row, once, since its rows are kept in another way than a person expects. It changes
// nothing about them.
import type { SourceTable } from '@shardfold/changes';
import type { ShardRef } from '@shardfold/consumer';
import type { FlowEvent } from '../observe/events.ts';
import type { Plan } from './plan.ts';

/** Source tables named so far; beyond it, a table is not told of. */
const keylessTablesMax = 1_000;

export function createKeylessNotice(onEvent: (event: FlowEvent) => void): (plan: Plan) => void {
  const told = new Set<string>();
  const tell = (shard: ShardRef, source: SourceTable, keyless: 'append' | 'dead-letter') => {
    const name = JSON.stringify([source.database, source.schema, source.table]);
    if (told.has(name) || told.size >= keylessTablesMax) return;
    told.add(name);
    onEvent({ kind: 'table-without-key', shard, source, keyless });
  };
  return ({ writes, unroutable }) => {
    for (const { changes } of writes.values()) {
      const appended = changes.find(({ mutation }) => mutation.kind === 'append');
      if (appended !== undefined) tell(appended.record.shard, appended.event.source, 'append');
    }
    for (const { record, fault, event } of unroutable)
      if (fault.code === 'ROW_WITHOUT_KEY' && event !== undefined) tell(record.shard, event.source, 'dead-letter');
  };
}
