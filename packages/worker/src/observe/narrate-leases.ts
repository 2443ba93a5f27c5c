// Log lines about leases, their table and the fleets that share it: what happened, what the program does now, what a person can
// do. It knows nothing of records.
import type { LeaseEvent } from '@shardfold/consumer';
import type { Narration, Narrators } from './narration.ts';
import { codeOf, told } from './troubles.ts';

type LeaseKind = LeaseEvent['kind'];
type Told<Kind extends LeaseKind> = Narrators<Kind>;

/** What becomes of one lease in this worker's hands. */
function ofOne({ log, placeOf }: Narration): Told<'lease-requested' | 'lease-taken' | 'lease-released' | 'lease-lost' | 'lease-finished'> {
  const of = (key: string) => ({ lease: key, ...placeOf(key) });
  return {
    'lease-requested': ({ key, from }) => log.info('lease-requested', `Asked ${from ?? 'its holder'} for ${key}`, { ...of(key), from }),
    'lease-taken': ({ key, from }) => log.info('lease-taken', `Took ${key}${from === undefined ? '' : ` from ${from}`}`, { ...of(key), from }),
    'lease-released'({ key, to }) {
      if (to === undefined) log.debug('lease-released', `Gave ${key} back`, of(key));
      else log.info('lease-released', `Gave ${key} to ${to}`, { ...of(key), to });
    },
    'lease-lost'({ key, reason }) {
      const words =
        reason === 'abandoned'
          ? `Left ${key} unfinished: this worker ended before what it had in hand of it was done. Its next owner goes on from the last checkpoint once the lease expires. If a stop often ends so, look at what the sinks are slow at, or raise shutdown.drain.`
          : `Lost ${key} (${reason}). The worker stops it at once; its next owner goes on from the last checkpoint. If it happens often, raise lease.duration or look for pauses of this process.`;
      log.warn('lease-lost', words, { ...of(key), reason });
    },
    'lease-finished': ({ key, children }) => log.info('lease-finished', `${key} is read to its end`, { ...of(key), children }),
  };
}

/** The table and its rows. */
function ofTable({
  log,
  troubles,
  placeOf,
}: Narration): Told<'lease-created' | 'lease-removed' | 'lease-row-broken' | 'lease-operation' | 'lease-table-unreachable' | 'lease-table-reached'> {
  const of = (key: string) => ({ lease: key, ...placeOf(key) });
  return {
    'lease-created': ({ key, position: { kind } }) => log.debug('lease-created', `Made the lease ${key}, to be read from ${kind}`, { ...of(key), from: kind }),
    'lease-removed': ({ key }) => log.info('lease-removed', `Removed the lease ${key}: its shard is read to its end and its children are begun`, of(key)),
    'lease-row-broken': ({ key, error }) =>
      log.error(
        'lease-row-broken',
        `A row of the lease table is broken; its shard waits, and the worker goes on with the others. ${told(error, `Repair the row ${key}, or delete it.`)}`,
        { ...of(key), ...codeOf(error) },
      ),
    'lease-operation'({ operation, outcome, key }) {
      if (outcome === 'applied') return;
      const telling = troubles.tell('lease-operation', `${operation} ${outcome}`);
      if (telling === undefined) return;
      log.debug('lease-operation', `Lease ${operation} of ${key}: ${outcome}`, { ...of(key), operation, outcome, ...telling });
    },
    'lease-table-unreachable'({ error }) {
      const telling = troubles.tell('lease-table-unreachable', '');
      if (telling === undefined) return;
      log.error(
        'lease-table-unreachable',
        `The lease table cannot be reached; the worker goes on until its leases run out, then stops those shards, and comes back by itself. ${told(error, 'Check the network, the permissions and lease.table.')}`,
        { ...codeOf(error), ...telling },
      );
    },
    'lease-table-reached'() {
      if (troubles.over('lease-table-unreachable', '')) log.info('lease-table-reached', 'The lease table is reached again');
    },
  };
}

/** The member of the fleet, and a Java fleet that it shares its table with. */
function ofFleet({ log }: Narration): Told<'coordinator-state' | 'peers-watched' | 'peers-appeared' | 'peers-gone'> {
  return {
    'coordinator-state': ({ from, to }) => log.debug('coordinator-state', `Fleet: from ${from} to ${to}`, { from, to }),
    'peers-watched': ({ peers, forMs }) =>
      log.warn(
        'peers-watched',
        `A fleet of the Java KCL 3.x has left its marks in the lease table. The worker takes nothing until they have stood still, and waits up to ${Math.ceil(forMs / 1_000)} s; if they move, it ends. If that fleet is gone for good, "shardfold leases adopt" spares the wait.`,
        { forMs, leader: peers.leader?.owner, mode: peers.mode },
      ),
    'peers-appeared': ({ peers }) =>
      log.error(
        'peers-appeared',
        'A leader of the Java KCL 3.x is at work on this lease table. The worker keeps the shards it has, takes no others, and looks again every minute. Stop one of the two fleets: two that share a table this way take shards from each other.',
        { leader: peers.leader?.owner, mode: peers.mode },
      ),
    'peers-gone': () => log.info('peers-gone', 'The leader of the Java KCL 3.x is gone; the worker takes shards again'),
  };
}

export function narrateLeases(narration: Narration): Narrators<LeaseKind> {
  return { ...ofOne(narration), ...ofTable(narration), ...ofFleet(narration) };
}
