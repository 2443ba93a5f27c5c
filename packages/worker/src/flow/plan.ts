// What is to be done about one batch: its records decoded, its changes routed and sorted by where they go. It knows no format (the
// codec does), does nothing itself and counts only.
import type { ChangeEvent, Codec } from '@shardfold/changes';
import type { StreamRecord } from '@shardfold/consumer';
import type { TargetTable } from '@shardfold/sinks';
import type { Change } from './change.ts';
import type { Burial } from './letters.ts';
import type { Routed, Router } from './route.ts';

export interface Plan {
  readonly writes: Map<TargetTable, { readonly sink: string; readonly changes: Change[] }>;
  readonly truncates: Extract<Routed, { kind: 'truncate' }>[];
  readonly undecodable: Burial[];
  readonly unroutable: Burial[];
  /** Records. */
  readonly records: { decoded: number; ignored: number };
  /** Changes that have to have an outcome, per sink; without one: the empty name. */
  readonly routed: Map<string, number>;
  /** Changes left out by configuration, per sink. */
  readonly filtered: Map<string, number>;
}

export interface Planner {
  readonly plan: Plan;
  add(record: StreamRecord): void;
}

function increase(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function sort({ writes, truncates, unroutable, filtered, routed }: Plan, record: StreamRecord, event: ChangeEvent, way: Routed): void {
  const sink = way.sink ?? '';
  increase(routed, sink);
  switch (way.kind) {
    case 'write': {
      const place = writes.get(way.target) ?? { sink, changes: [] };
      writes.set(way.target, place);
      place.changes.push({ mutation: way.mutation, record, event: way.event });
      if (way.left === undefined) break;
      increase(routed, sink);
      place.changes.push({ ...way.left, record });
      break;
    }
    case 'truncate':
      truncates.push(way);
      break;
    case 'fault':
      unroutable.push({ record, fault: way.fault, place: way, event, key: undefined });
      break;
    case 'filtered':
      increase(filtered, sink);
      break;
    default:
      way satisfies never;
  }
}

/** @param isCounted the record has its outcome from an earlier attempt */
export function createPlanner(codec: Codec, route: Router, isCounted: (record: StreamRecord) => boolean): Planner {
  const records = { decoded: 0, ignored: 0 };
  const plan: Plan = { writes: new Map(), truncates: [], undecodable: [], unroutable: [], records, routed: new Map(), filtered: new Map() };

  return {
    plan,
    add(record) {
      const result = codec.decode(record);
      switch (result.kind) {
        case 'changes':
          if (!isCounted(record)) records.decoded += 1;
          for (const event of result.events) sort(plan, record, event, route(event, record));
          break;
        case 'ignored':
          if (!isCounted(record)) records.ignored += 1;
          break;
        case 'undecodable': {
          const { code, message } = result.error;
          plan.undecodable.push({
            record,
            fault: { stage: 'decode', code, message },
            event: undefined,
            key: undefined,
            place: { sink: undefined, target: undefined },
          });
          break;
        }
        default:
          result satisfies never;
      }
    },
  };
}
