// What a few records of a stream tell before a worker runs: whether the format is right, which targets they go to, which tables have no
// key. Pure: it decodes and routes, and writes nothing.
import { autoCodec, codecByName, type SourceTable } from '@shardfold/changes';
import type { StreamRecord } from '@shardfold/consumer';
import type { TargetTable } from '@shardfold/sinks';
import type { Config } from '../config/config.ts';
import { createRouter } from '../flow/route.ts';
import type { Finding } from './finding.ts';

export interface SampledTarget {
  readonly sink: string;
  readonly target: TargetTable;
}

export interface Sample {
  readonly records: number;
  readonly undecodable: { readonly count: number; readonly message: string };
  readonly targets: readonly SampledTarget[];
  /** Their names, with what becomes of their rows. */
  readonly keyless: ReadonlyMap<string, 'append' | 'dead-letter'>;
  /** Changes that no entry of `tables` wants. */
  readonly filtered: number;
}

/** Of one stream: a hostile one names ever new ones. */
const targetsMax = 20;
const keylessMax = 20;

function sourceName({ schema, table }: SourceTable): string {
  return schema === undefined ? table : `${schema}.${table}`;
}

export function sampleOf(config: Config, records: readonly StreamRecord[]): Sample {
  const codec = codecByName(config.source.format) ?? autoCodec();
  const route = createRouter(config.tables, config.sinks);
  const targets = new Map<TargetTable, SampledTarget>();
  const keyless = new Map<string, 'append' | 'dead-letter'>();
  let undecodable = { count: 0, message: '' };
  let filtered = 0;
  for (const record of records) {
    const decoded = codec.decode(record);
    if (decoded.kind === 'undecodable') undecodable = { count: undecodable.count + 1, message: `${decoded.error.code}: ${decoded.error.message}` };
    if (decoded.kind !== 'changes') continue;
    for (const event of decoded.events) {
      const routed = route(event, record);
      if (routed.kind === 'filtered') filtered += 1;
      const isAppended = routed.kind === 'write' && routed.mutation.kind === 'append';
      const isRefused = routed.kind === 'fault' && routed.fault.code === 'ROW_WITHOUT_KEY';
      // An update that has no address says nothing against the inserts.
      if ((isAppended || isRefused) && keyless.size < keylessMax) {
        const name = sourceName(event.source);
        keyless.set(name, isAppended ? 'append' : (keyless.get(name) ?? 'dead-letter'));
      }
      if (routed.kind === 'write' && targets.size < targetsMax) targets.set(routed.target, { sink: routed.sink, target: routed.target });
    }
  }
  return { records: records.length, undecodable, targets: [...targets.values()], keyless, filtered };
}

export function judgeSample(stream: string, { records, undecodable, keyless, filtered }: Sample): readonly Finding[] {
  const id = `records.${stream}`;
  if (records === 0) return [{ id, severity: 'note', what: `Stream ${stream} showed no record, so neither its format nor its targets were looked at.` }];
  const found: Finding[] = [];
  if (undecodable.count > 0) {
    found.push({
      id: `${id}.format`,
      severity: undecodable.count === records ? 'fault' : 'warning',
      what: `${undecodable.count} of ${records} records of stream ${stream} cannot be decoded (${undecodable.message})`,
      remedy: 'Name the format in source.format; `shardfold formats` lists them, and `shardfold decode` tries one.',
    });
  }
  for (const [table, becomes] of keyless) {
    const what = becomes === 'append' ? 'its inserts are appended, its updates and deletes become dead letters' : 'its rows become dead letters';
    found.push({
      id: `${id}.keyless.${table}`,
      severity: 'warning',
      what: `Table ${table} comes without a key: ${what}.`,
      remedy: 'Name its key columns in tables[].key.',
    });
  }
  if (filtered > 0)
    found.push({ id: `${id}.filtered`, severity: 'note', what: `${filtered} of the changes that were looked at are left out by the configuration.` });
  return found.length > 0
    ? found
    : [{ id, severity: 'ok', what: `${records} ${records === 1 ? 'record' : 'records'} of stream ${stream} can be decoded and routed.` }];
}
