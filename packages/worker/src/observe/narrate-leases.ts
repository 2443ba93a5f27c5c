// Log lines about leases, their table and the fleets that share it: what happened, what the program does now, what a person can
// do. It knows nothing of records.
import type { WorkerEvent } from './events.ts';
import type { Log } from './log.ts';
import { codeOf, type Troubles, told } from './troubles.ts';

export interface Narration {
  readonly log: Log;
  readonly troubles: Troubles;
}

function lease({ log, troubles }: Narration, event: WorkerEvent): void {
  switch (event.kind) {
    case 'lease-created':
      log.debug(`Made the lease ${event.key}, to be read from ${event.position.kind}`, { lease: event.key, from: event.position.kind });
      break;
    case 'lease-requested':
      log.info(`Asked ${event.from ?? 'its holder'} for ${event.key}`, { lease: event.key, from: event.from });
      break;
    case 'lease-released':
      if (event.to === undefined) log.debug(`Gave ${event.key} back`, { lease: event.key });
      else log.info(`Gave ${event.key} to ${event.to}`, { lease: event.key, to: event.to });
      break;
    case 'lease-removed':
      log.info(`Removed the lease ${event.key}: its shard is read to its end and its children are begun`, { lease: event.key });
      break;
    case 'lease-row-broken':
      log.error(
        `A row of the lease table is broken; its shard waits, and the worker goes on with the others. ${told(event.error, `Repair the row ${event.key}, or delete it.`)}`,
        { lease: event.key, ...codeOf(event.error) },
      );
      break;
    case 'lease-taken':
      log.info(`Took ${event.key}${event.from === undefined ? '' : ` from ${event.from}`}`, { lease: event.key, from: event.from });
      break;
    case 'lease-lost':
      if (event.reason === 'abandoned') {
        log.warn(
          `Left ${event.key} unfinished: this worker ended before what it had in hand of it was done. Its next owner goes on from the last checkpoint once the lease expires. If a stop often ends so, look at what the sinks are slow at, or raise shutdown.drain.`,
          { lease: event.key, reason: event.reason },
        );
        break;
      }
      log.warn(
        `Lost ${event.key} (${event.reason}). The worker stops it at once; its next owner goes on from the last checkpoint. If it happens often, raise lease.duration or look for pauses of this process.`,
        { lease: event.key, reason: event.reason },
      );
      break;
    case 'lease-finished':
      log.info(`${event.key} is read to its end`, { lease: event.key, children: event.children });
      break;
    case 'lease-table-unreachable':
      if (troubles.tell('lease-table', 0))
        log.error(
          `The lease table cannot be reached; the worker goes on until its leases run out, then stops those shards, and comes back by itself. ${told(event.error, 'Check the network, the permissions and lease.table.')}`,
          codeOf(event.error),
        );
      break;
    case 'lease-table-reached':
      if (troubles.over('lease-table')) log.info('The lease table is reached again');
      break;
    case 'lease-operation':
      if (event.outcome !== 'applied')
        log.debug(`Lease ${event.operation} of ${event.key}: ${event.outcome}`, { lease: event.key, operation: event.operation, outcome: event.outcome });
      break;
    default:
  }
}

/** The member of the fleet, and a Java fleet that it shares its table with. */
function fleet({ log }: Narration, event: WorkerEvent): void {
  switch (event.kind) {
    case 'coordinator-state':
      log.debug(`Fleet: from ${event.from} to ${event.to}`, { from: event.from, to: event.to });
      break;
    case 'peers-watched':
      log.warn(
        `A fleet of the Java KCL 3.x has left its marks in the lease table. The worker takes nothing until they have stood still, and waits up to ${Math.ceil(event.forMs / 1_000)} s; if they move, it ends. If that fleet is gone for good, "shardfold leases adopt" spares the wait.`,
        { forMs: event.forMs, leader: event.peers.leader?.owner, mode: event.peers.mode },
      );
      break;
    case 'peers-appeared':
      log.error(
        'A leader of the Java KCL 3.x is at work on this lease table. The worker keeps the shards it has, takes no others, and looks again every minute. Stop one of the two fleets: two that share a table this way take shards from each other.',
        { leader: event.peers.leader?.owner, mode: event.peers.mode },
      );
      break;
    case 'peers-gone':
      log.info('The leader of the Java KCL 3.x is gone; the worker takes shards again');
      break;
    default:
  }
}

/** Events of another kind are none of its business. */
export function narrateLeases(narration: Narration): (event: WorkerEvent) => void {
  return (event) => {
    lease(narration, event);
    fleet(narration, event);
  };
}
