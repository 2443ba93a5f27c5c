// Turns typed events into log lines: what happened, what the program does now, what a person can do. What goes on happening is
// said once and then every minute. It decides nothing.
import { SinkError } from '@shardfold/sinks';
import type { Tally, WorkerEvent } from './events.ts';
import type { Log } from './log.ts';
import { narrateLeases } from './narrate-leases.ts';
import { narrateSource } from './narrate-source.ts';
import { againMs, codeOf, createTroubles, reason, told } from './troubles.ts';

function tallyText({ came, outcomes }: Tally): string {
  const each = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome.replace('_', '-')}`);
  return `${came} came, and of them were ${each.length === 0 ? 'none told of' : each.join(', ')}`;
}

/** A database that is away is told in one line; a table that waits for a person has its own. */
function awaited({ sink, table, error }: Extract<WorkerEvent, { kind: 'sink-waiting' }>): string {
  return table !== undefined && error instanceof SinkError && !error.retryable ? tableText(sink, table) : placeText(sink);
}

const placeText = (sink: string) => (sink === '' ? 'The place of the dead letters' : `Sink ${sink}`);
const tableText = (sink: string, table: string) => `Table ${table} of sink ${sink}`;

export function createNarrator({ log }: { readonly log: Log }): (event: WorkerEvent) => void {
  const troubles = createTroubles();
  const lease = narrateLeases({ log, troubles });
  const source = narrateSource({ log, troubles });
  const sinkSaidMs = new Map<string, number>();

  function sinkWaiting(event: Extract<WorkerEvent, { kind: 'sink-waiting' }>): void {
    const what = awaited(event);
    const saidMs = sinkSaidMs.get(what);
    if (saidMs !== undefined && event.sinceMs >= saidMs && event.sinceMs - saidMs < againMs) return;
    sinkSaidMs.set(what, event.sinceMs);
    const since = event.sinceMs < 1_000 ? '' : ` for ${Math.round(event.sinceMs / 1_000)} s`;
    log.warn(
      `${what} cannot be written to${since}; the worker keeps its shards, waits and tries again. ${told(event.error, 'Check that the database runs and may be reached.')}`,
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
        for (const what of [placeText(event.sink), tableText(event.sink, event.table ?? '')])
          if (sinkSaidMs.delete(what)) log.info(`${what} can be written to again`, { sink: event.sink });
        break;
      case 'ask-over':
        if (event.table !== undefined) sinkSaidMs.delete(tableText(event.sink, event.table));
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
      case 'counts-off':
        log.error(
          `The counts of ${event.of} ${event.place} do not add up: ${tallyText(event.tally)}. A change may have been skipped, or one counted twice; the worker goes on. Compare the tables with the source, and report it with this line.`,
          { of: event.of, came: event.tally.came, ...event.tally.outcomes },
        );
        break;
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
