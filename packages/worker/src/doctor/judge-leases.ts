// Judges what was learnt of a lease table: whose it is, whether it may be used, how far its positions are from being forgotten. Pure.
import type { LeaseError, PeerState, TableRows } from '@shardfold/consumer';
import type { Config } from '../config/config.ts';
import type { Answer, Finding } from './finding.ts';
import { refusal } from './refusal.ts';

export interface LeaseFacts {
  /** Undefined: it is not there. */
  readonly table: Answer<{ readonly status: string; readonly key: string } | undefined>;
  /** Writes that a condition refuses always: whether they are allowed. */
  readonly writes: readonly Answer<void>[];
  readonly rows: Answer<TableRows> | undefined;
  readonly peers: Answer<PeerState> | undefined;
  /** Why the table is not this fleet's. */
  readonly foreign: LeaseError | undefined;
  /** By lease, of those whose position is old. */
  readonly lags: Answer<ReadonlyMap<string, LagFacts>> | undefined;
  /** Of their streams. */
  readonly retentionMs: number | undefined;
}

/** In milliseconds. */
export interface LagFacts {
  /** Since the last record that its position covers arrived. */
  readonly ageMs: number;
  /** Between the first record behind its position that is still there and the tip. */
  readonly behindMs: number;
}

const id = 'lease-table';
const leaseTableKey = 'leaseKey S HASH';
const hourMs = 3_600_000;
/** From this share of the retention on, somebody has to hurry. */
export const lateShare = 0.5;
/** A reader that finds its first record so near to the end of the retention has most likely missed what lay before. */
const goneShare = 0.95;
const namedMax = 3;

function judgeTable({ lease: { table } }: Config, found: LeaseFacts['table']): readonly Finding[] {
  if (!found.ok) return [refusal(id, `Lease table ${table}`, found)];
  if (found.value === undefined) {
    return [
      {
        id: `${id}.missing`,
        severity: 'note',
        what: `Lease table ${table} is not there yet: the first worker makes it.`,
        remedy: 'Allow dynamodb:CreateTable, or make it yourself with the text leaseKey as its only key.',
      },
    ];
  }
  const { status, key } = found.value;
  if (key !== leaseTableKey) {
    return [
      {
        id: `${id}.schema`,
        severity: 'fault',
        what: `Table ${table} has the key (${key}) and is no lease table, whose only key is the text leaseKey.`,
        remedy: 'Name another table in lease.table.',
      },
    ];
  }
  if (status === 'ACTIVE' || status === 'UPDATING') return [];
  return [
    { id: `${id}.status`, severity: 'fault', what: `Lease table ${table} is ${status}.`, remedy: 'Wait until it is ACTIVE, or look at it in the console.' },
  ];
}

function judgeOwner({ rows, foreign }: LeaseFacts): readonly Finding[] {
  if (foreign === undefined) return [];
  const broken = foreign.code === 'ROW_BROKEN' && rows?.ok === true ? rows.value.broken : [];
  const more = broken.length > 1 ? ` ${broken.length - 1} other rows are broken, too.` : '';
  return [{ id: foreign.code === 'ROW_BROKEN' ? `${id}.broken` : `${id}.foreign`, severity: 'fault', what: `${foreign.message}${more}` }];
}

function judgePeers({ peers }: LeaseFacts): readonly Finding[] {
  if (peers === undefined) return [];
  if (!peers.ok) return [refusal(id, 'What a KCL 3.x fleet left', peers)];
  const { leader, mode, metrics } = peers.value;
  const left = [
    ...(leader === undefined ? [] : [`the lock of its leader ${leader.owner}`]),
    ...(mode === undefined ? [] : [`its mode ${mode}`]),
    ...(metrics.length === 0 ? [] : [`the load of ${metrics.length} workers`]),
  ];
  if (left.length === 0) return [];
  return [
    {
      id: `${id}.kcl-3`,
      severity: 'warning',
      what: `A Java KCL 3.x fleet left ${left.join(', ')}. A worker watches that at its start, takes nothing meanwhile, and refuses (exit code 4) if it moves.`,
      remedy: 'Stop every Java worker first; once they are gone, `shardfold leases adopt` spares the watch.',
    },
  ];
}

function named(leases: readonly string[]): string {
  return `${leases.slice(0, namedMax).join(', ')}${leases.length > namedMax ? ` and ${leases.length - namedMax} others` : ''}`;
}

function judgeLags({ source: { onGap } }: Config, { lags, retentionMs }: LeaseFacts): readonly Finding[] {
  if (retentionMs === undefined || lags === undefined) return [];
  if (!lags.ok) return [refusal(id, 'How late the fleet is', lags)];
  const kept = `${retentionMs / hourMs} h`;
  const isLost = ({ ageMs, behindMs }: LagFacts) => ageMs >= retentionMs && behindMs >= retentionMs * goneShare;
  const isLate = (lag: LagFacts) => lag.behindMs >= retentionMs * lateShare && !isLost(lag);
  const those = (are: (lag: LagFacts) => boolean) => [...lags.value].filter(([, lag]) => are(lag)).map(([lease]) => lease);
  const lost = those(isLost);
  const late = those(isLate);
  return [
    ...(lost.length === 0
      ? []
      : [
          {
            id: `${id}.gap`,
            severity: 'fault' as const,
            what: `${named(lost)}: the position is older than the stream keeps records (${kept}) and its shard was never quiet, so records are lost${onGap === 'stop' ? ', and reading would stop there (source.onGap: stop)' : ', and reading would go on behind the gap (source.onGap: continue)'}.`,
            remedy: 'Take the table anew from its source, then `shardfold rewind`; a longer retention of the stream gives more time.',
          },
        ]),
    ...(late.length === 0
      ? []
      : [
          {
            id: `${id}.lag`,
            severity: 'warning' as const,
            what: `${named(late)}: behind by more than half of the time that the stream keeps records (${kept}).`,
            remedy: 'Raise the retention of the stream now, then look why reading is slow: the status page tells whose fault it is.',
          },
        ]),
  ];
}

function ownersText(rows: TableRows): string {
  const owners = new Set(rows.leases.flatMap(({ owner }) => (owner === undefined ? [] : [owner])));
  const held = rows.leases.filter(({ owner }) => owner !== undefined).length;
  return `${rows.leases.length} leases, ${held} with an owner (${owners.size} ${owners.size === 1 ? 'worker' : 'workers'})`;
}

export function judgeLeases(config: Config, facts: LeaseFacts): readonly Finding[] {
  const { table } = config.lease;
  const denied = facts.writes.flatMap((write) => (write.ok ? [] : [refusal(id, `Lease table ${table}`, write)]));
  const unread = facts.rows === undefined || facts.rows.ok ? [] : [refusal(id, `Lease table ${table}`, facts.rows)];
  const wrong = [...judgeTable(config, facts.table), ...denied, ...unread, ...judgeOwner(facts), ...judgePeers(facts), ...judgeLags(config, facts)];
  if (wrong.some(({ severity }) => severity === 'fault') || facts.rows?.ok !== true) return wrong;
  return [{ id, severity: 'ok', what: `Lease table ${table}: ${ownersText(facts.rows.value)}.` }, ...wrong];
}
