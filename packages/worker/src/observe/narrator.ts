// Turns typed events into log lines: what happened, what the program does now, what a person can do. What goes on happening is
// said once and then every minute. It decides nothing.
import type { WorkerEvent } from './events.ts';
import type { Log } from './log.ts';
import { narrateLeases } from './narrate-leases.ts';
import { narrateSource } from './narrate-source.ts';
import { againMs, codeOf, createTroubles, reason, told } from './troubles.ts';

export function createNarrator({ log }: { readonly log: Log }): (event: WorkerEvent) => void {
  const troubles = createTroubles();
  const lease = narrateLeases({ log, troubles });
  const source = narrateSource({ log, troubles });
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

  function flow(event: WorkerEvent): void {
    switch (event.kind) {
      case 'sink-waiting':
        sinkWaiting(event);
        break;
      case 'sink-recovered':
        if (sinkSaidMs.delete(event.sink)) log.info(`Sink ${event.sink} can be written to again`, { sink: event.sink });
        break;
      case 'table-swept':
        log.debug(`Swept ${event.target}`, { sink: event.sink, target: event.target, healed: event.healed, forgotten: event.forgotten });
        break;
      case 'sweep-failed':
        if (troubles.tell(`sweep-failed ${event.sink} ${event.target}`, 0))
          log.warn(
            `Table ${event.target} could not be swept of old tombstones; rows are written all the same, and the worker tries again. ${told(event.error, 'If it goes on, look at the locks and grants of the table.')}`,
            { sink: event.sink, target: event.target, ...codeOf(event.error) },
          );
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
        source(event);
        flow(event);
    }
  };
}
