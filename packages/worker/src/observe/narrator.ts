// Turns typed events into log lines: what happened, what the program does now, what a person can do. What goes on happening is
// said once and then every minute. It decides nothing.
import { maskText } from '../config/secrets.ts';
import type { WorkerEvent } from './events.ts';
import type { Log } from './log.ts';

const againMs = 60_000;
/** Troubles remembered at once; beyond it, the oldest is forgotten and may be said again early. */
const troublesMax = 1_000;

function reason(error: unknown): string {
  return maskText(error instanceof Error ? error.message : String(error));
}

function codeOf(error: unknown): { readonly code?: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
}

/** What happened; what can be done only where the error is none of the catalogue's, which say it themselves. */
function told(error: unknown, advice: string): string {
  return codeOf(error).code === undefined ? `${reason(error)} ${advice}` : reason(error);
}

/** Says whether a trouble that has lasted so long is to be told now. Its times come from the events. */
function createTroubles() {
  const lasted = new Map<string, { totalMs: number; saidAtMs: number }>();
  return {
    /** `addMs`: how long it is until the next try. */
    tell(name: string, addMs: number): boolean {
      const known = lasted.get(name);
      if (known === undefined) {
        const oldest = lasted.size >= troublesMax ? lasted.keys().next().value : undefined;
        if (oldest !== undefined) lasted.delete(oldest);
        lasted.set(name, { totalMs: addMs, saidAtMs: 0 });
        return true;
      }
      const due = known.totalMs - known.saidAtMs >= againMs;
      if (due) known.saidAtMs = known.totalMs;
      known.totalMs += addMs;
      return due;
    },
    over: (name: string): boolean => lasted.delete(name),
  };
}

export function createNarrator({ log }: { readonly log: Log }): (event: WorkerEvent) => void {
  const troubles = createTroubles();
  const sinkSaidMs = new Map<string, number>();

  function sinkWaiting(event: Extract<WorkerEvent, { kind: 'sink-waiting' }>): void {
    const saidMs = sinkSaidMs.get(event.sink);
    if (saidMs !== undefined && event.sinceMs >= saidMs && event.sinceMs - saidMs < againMs) return;
    sinkSaidMs.set(event.sink, event.sinceMs);
    const since = event.sinceMs < 1_000 ? '' : ` for ${Math.round(event.sinceMs / 1_000)} s`;
    log.warn(
      `Sink ${event.sink} cannot be written to${since}; the worker keeps its shards, waits and tries again. ${told(event.error, 'Check that the database runs and may be reached.')}`,
      {
        sink: event.sink,
        attempt: event.attempt,
        sinceMs: Math.round(event.sinceMs),
        ...codeOf(event.error),
      },
    );
  }

  function failed(event: Extract<WorkerEvent, { kind: 'fetch-failed' | 'batch-failed' }>): void {
    const { shardId: shard, stream } = event.shard;
    if (!troubles.tell(`${event.kind} ${event.shard.key}`, event.retryInMs)) return;
    const again = `tries again in ${Math.max(1, Math.round(event.retryInMs / 1_000))} s`;
    if (event.kind === 'fetch-failed')
      log.warn(
        `Shard ${shard} of ${stream} could not be read; the worker keeps it and ${again}. ${told(event.error, 'If it goes on, check the stream and the permissions to read it.')}`,
        { stream, shard, retryInMs: event.retryInMs, ...codeOf(event.error) },
      );
    else
      log.error(
        `A batch of shard ${shard} of ${stream} was not processed; the worker skips nothing and ${again}. ${told(event.error, 'If it goes on, report it with this line.')}`,
        {
          stream,
          shard,
          attempt: event.attempt,
          retryInMs: event.retryInMs,
          ...codeOf(event.error),
        },
      );
  }

  function listingFailed(event: Extract<WorkerEvent, { kind: 'listing-failed' }>): void {
    if (!troubles.tell(`listing-failed ${event.stream}`, event.retryInMs)) return;
    const again = `tries again in ${Math.max(1, Math.round(event.retryInMs / 1_000))} s`;
    log.warn(
      `The shards of ${event.stream} could not be listed: ${reason(event.error)} The worker goes on with those it knows and ${again}. If it goes on, check the stream and the permission to list its shards.`,
      { stream: event.stream, retryInMs: event.retryInMs, ...codeOf(event.error) },
    );
  }

  function shardStopped(event: Extract<WorkerEvent, { kind: 'shard-stopped' }>): void {
    const { shardId: shard, stream, key } = event.shard;
    for (const kind of ['fetch-failed', 'batch-failed', 'checkpoint-failed']) troubles.over(`${kind} ${key}`);
    const fields = { stream, shard, reason: event.reason, ...(event.drainMs === undefined ? {} : { drainMs: Math.round(event.drainMs) }) };
    if (event.reason === 'failed')
      log.error(`Shard ${shard} of ${stream} stopped after an error. The worker gives it back, so that it is taken again. The lines before say why.`, fields);
    else log.info(`Shard ${shard} of ${stream}: ${event.reason}`, fields);
  }

  function lease(event: WorkerEvent): void {
    switch (event.kind) {
      case 'lease-taken':
        log.info(`Took ${event.key}${event.from === undefined ? '' : ` from ${event.from}`}`, { lease: event.key, from: event.from });
        break;
      case 'lease-lost':
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

  function flow(event: WorkerEvent): void {
    switch (event.kind) {
      case 'sink-waiting':
        sinkWaiting(event);
        break;
      case 'sink-recovered':
        if (sinkSaidMs.delete(event.sink)) log.info(`Sink ${event.sink} can be written to again`, { sink: event.sink });
        break;
      case 'dead-letter':
        if (troubles.tell(`dead-letter ${event.sink} ${event.reason}`, 0))
          log.warn(
            `A record cannot be applied (${event.reason}). It is kept as a dead letter and the worker goes on; more of this kind are only counted. Look into shardfold_dead_letters, mend the cause and replay.`,
            { sink: event.sink, reason: event.reason, count: event.count },
          );
        break;
      case 'table-without-key': {
        const { schema, table } = event.source;
        const name = schema === undefined ? table : `${schema}.${table}`;
        const does =
          event.keyless === 'append'
            ? 'Inserts are appended by their place in the stream; updates and deletes are kept as dead letters.'
            : 'Its changes are kept as dead letters.';
        log.warn(`Table ${name} has no key. ${does} Name the key columns in tables[].key.`, { table: name });
        break;
      }
      case 'format-chosen':
        log.info(`Records of ${event.stream} are read as ${event.format}`, { stream: event.stream, format: event.format });
        break;
      default:
    }
  }

  return (event) => {
    switch (event.kind) {
      case 'shard-started':
        log.info(`Reading shard ${event.shard.shardId} of ${event.shard.stream}`, { stream: event.shard.stream, shard: event.shard.shardId, from: event.from });
        break;
      case 'shard-stopped':
        shardStopped(event);
        break;
      case 'batch-fetched':
        if (event.records > 0)
          log.debug(`${event.records} records of shard ${event.shard.shardId}`, {
            shard: event.shard.shardId,
            records: event.records,
            behindLatestMs: event.behindLatestMs,
          });
        if (troubles.over(`fetch-failed ${event.shard.key}`))
          log.info(`Shard ${event.shard.shardId} of ${event.shard.stream} can be read again`, { stream: event.shard.stream, shard: event.shard.shardId });
        break;
      case 'listing-failed':
        listingFailed(event);
        break;
      case 'fetch-failed':
      case 'batch-failed':
        failed(event);
        break;
      case 'checkpoint-saved':
        troubles.over(`checkpoint-failed ${event.shard.key}`);
        troubles.over(`batch-failed ${event.shard.key}`);
        break;
      case 'checkpoint-failed':
        if (troubles.tell(`checkpoint-failed ${event.shard.key}`, 0))
          log.warn(
            `The position of shard ${event.shard.shardId} could not be saved; the worker goes on and saves it next time, and after a crash more would be read again. ${told(event.error, 'Check the lease table.')}`,
            { shard: event.shard.shardId, ...codeOf(event.error) },
          );
        break;
      case 'records-abandoned':
        log.info(`${event.records} records of shard ${event.shard.shardId} are left to its next owner`, { shard: event.shard.shardId, records: event.records });
        break;
      default:
        lease(event);
        flow(event);
    }
  };
}
