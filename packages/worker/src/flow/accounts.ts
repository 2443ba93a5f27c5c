// Whether everything that was read has its one outcome: records of each shard at its drain, records and changes of the process at its
// end. It hears the events that the metrics hear, and mends nothing.
import type { ShardRef } from '@shardfold/consumer';
import type { FlowEvent, Tally, WorkerEvent } from '../observe/events.ts';

type CountsOff = Extract<FlowEvent, { kind: 'counts-off' }>;

export interface Accounts {
  /** The answer is what does not add up now that the event has happened. */
  onEvent(event: WorkerEvent): readonly CountsOff[];
  /** What does not add up, of a process in which nothing is under way any more. */
  judge(): readonly CountsOff[];
  /** For people, of all streams and sinks: `recordsRead`, `recordsDecoded`, `changesRouted`, …; what is zero is left out. */
  totals(): Readonly<Record<string, number>>;
}

/** Zero: it adds up. More: so many have no outcome. Less: so many have two. */
export function missing({ came, outcomes }: Tally): number {
  return Object.values(outcomes).reduce((left, count) => left - count, came);
}

interface Counting {
  came: number;
  readonly outcomes: Record<string, number>;
}

function count({ outcomes }: Counting, outcome: string, more: number): void {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + more;
}

const noCounts = (): Counting => ({ came: 0, outcomes: {} });

function judged(of: CountsOff['of'], place: string, tally: Tally): readonly CountsOff[] {
  return missing(tally) === 0 ? [] : [{ kind: 'counts-off', of, place, tally: structuredClone(tally) }];
}

/** `dead_lettered` of records: `recordsDeadLettered`. */
function named(of: 'records' | 'changes', first: string, { came, outcomes }: Tally): readonly (readonly [string, number])[] {
  const nameOf = (outcome: string) => of + outcome.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
  return [[nameOf(first), came] as const, ...Object.entries(outcomes).map(([outcome, times]) => [nameOf(outcome), times] as const)];
}

export function createAccounts(): Accounts {
  /** Of the leases that are held, by the object that stands for one holding: what a lost one does late is not the next one's. */
  const holdings = new Map<ShardRef, Counting>();
  const records = noCounts();
  const changes = new Map<string, Counting>();

  function changesOf(sink: string): Counting {
    const known = changes.get(sink) ?? noCounts();
    changes.set(sink, known);
    return known;
  }

  function fetched(shard: ShardRef, more: number): void {
    const holding = holdings.get(shard) ?? noCounts();
    holdings.set(shard, holding);
    holding.came += more;
    records.came += more;
  }

  function settled(shard: ShardRef, outcome: string, more: number): void {
    const holding = holdings.get(shard);
    if (holding !== undefined) count(holding, outcome, more);
    count(records, outcome, more);
  }

  function drained({ shard, reason }: Extract<WorkerEvent, { kind: 'shard-stopped' }>): readonly CountsOff[] {
    const holding = holdings.get(shard);
    holdings.delete(shard);
    // What became of a lost shard's last records may be told a moment later.
    return holding === undefined || reason === 'lost' ? [] : judged('records', `of shard ${shard.shardId} of ${shard.stream}`, holding);
  }

  return {
    onEvent(event) {
      switch (event.kind) {
        case 'batch-fetched':
          fetched(event.shard, event.records);
          break;
        case 'records-abandoned':
          settled(event.shard, 'abandoned', event.records);
          break;
        case 'records':
          settled(event.shard, event.outcome, event.count);
          break;
        case 'changes-routed':
          changesOf(event.sink).came += event.count;
          break;
        case 'changes':
          count(changesOf(event.sink), event.outcome, event.count);
          break;
        case 'shard-stopped':
          return drained(event);
        default:
      }
      return [];
    },
    judge: () => [
      ...judged('records', 'of all shards', records),
      ...[...changes].flatMap(([sink, tally]) => judged('changes', sink === '' ? 'without a sink' : `for sink ${sink}`, tally)),
    ],
    totals() {
      const all = noCounts();
      for (const tally of changes.values()) {
        all.came += tally.came;
        for (const [outcome, times] of Object.entries(tally.outcomes)) count(all, outcome, times);
      }
      return Object.fromEntries([...named('records', 'read', records), ...named('changes', 'routed', all)].filter(([, times]) => times !== 0));
    },
  };
}
