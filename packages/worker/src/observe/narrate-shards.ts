// What is said of the reading of a shard, from its begin to its end. It knows no lease table and no sink.
import type { LimitedEvent } from './log-events.ts';
import { againText } from './narrate-source.ts';
import { type EventOf, type Narration, type Narrators, silent } from './narration.ts';
import { codeOf, told } from './troubles.ts';

type ReadKind = 'shard-started' | 'batch-fetched' | 'fetch-failed' | 'records-outside-shard' | 'records-abandoned';
type DoneKind = 'shard-stopped' | 'batch-failed' | 'checkpoint-saved' | 'checkpoint-failed' | 'records-handed-over' | 'hand-over-failed';

/** What a shard that is given up has no more. */
const whileHeld: readonly LimitedEvent[] = ['fetch-failed', 'batch-failed', 'checkpoint-failed'];
/** What a shard whose position moves on has no more. */
const whileStuck: readonly LimitedEvent[] = ['batch-failed', 'checkpoint-failed', 'shard-stopped'];

function narrateReading({ log, troubles }: Narration): Narrators<ReadKind> {
  return {
    'shard-started': ({ shard: { stream, shardId: shard }, from }) => log.info('shard-started', `Reading shard ${shard} of ${stream}`, { stream, shard, from }),
    'batch-fetched'({ shard: { stream, shardId: shard, key }, records, behindLatestMs }) {
      if (records > 0) log.debug('batch-fetched', `${records} records of shard ${shard}`, { stream, shard, records, behindLatestMs });
      if (troubles.over('fetch-failed', key)) log.info('fetch-recovered', `Shard ${shard} of ${stream} can be read again`, { stream, shard });
    },
    'fetch-failed'({ shard: { stream, shardId: shard, key }, error, retryInMs }) {
      const telling = troubles.tell('fetch-failed', key);
      if (telling === undefined) return;
      log.warn(
        'fetch-failed',
        `Shard ${shard} of ${stream} could not be read; the worker keeps it and ${againText(retryInMs)}. ${told(error, 'If it goes on, check the stream and the permissions to read it.')}`,
        { stream, shard, retryInMs, ...codeOf(error), ...telling },
      );
    },
    'records-outside-shard': ({ shard: { stream, shardId: shard }, records }) =>
      log.debug('records-outside-shard', `${records} records of shard ${shard} belong to other shards by their keys; they are left out here`, {
        stream,
        shard,
        records,
      }),
    'records-abandoned': ({ shard: { stream, shardId: shard }, records }) =>
      log.info('records-abandoned', `${records} records of shard ${shard} are left to its next owner`, { stream, shard, records }),
  };
}

function stopped({ log, troubles }: Narration, { shard: { stream, shardId: shard, key }, reason, drainMs }: EventOf<'shard-stopped'>): void {
  for (const event of whileHeld) troubles.over(event, key);
  const fields = { stream, shard, reason, ...(drainMs === undefined ? {} : { drainMs: Math.round(drainMs) }) };
  if (reason !== 'failed') {
    log.info('shard-stopped', `Shard ${shard} of ${stream}: ${reason}`, fields);
    return;
  }
  const telling = troubles.tell('shard-stopped', key);
  if (telling === undefined) return;
  log.error(
    'shard-stopped',
    `Shard ${shard} of ${stream} stopped after an error. The worker gives it back, so that it is taken again. The lines before say why.`,
    { ...fields, ...telling },
  );
}

function narrateDoing(narration: Narration): Narrators<DoneKind> {
  const { log, troubles } = narration;
  return {
    'shard-stopped': (event) => stopped(narration, event),
    'batch-failed'({ shard: { stream, shardId: shard, key }, error, attempt, retryInMs }) {
      const telling = troubles.tell('batch-failed', key);
      if (telling === undefined) return;
      log.error(
        'batch-failed',
        `A batch of shard ${shard} of ${stream} was not processed; the worker skips nothing and ${againText(retryInMs)}. ${told(error, 'If it goes on, report it with this line.')}`,
        { stream, shard, attempt, retryInMs, ...codeOf(error), ...telling },
      );
    },
    'checkpoint-saved'({ shard: { key } }) {
      for (const event of whileStuck) troubles.over(event, key);
    },
    'checkpoint-failed'({ shard: { stream, shardId: shard, key }, error }) {
      const telling = troubles.tell('checkpoint-failed', key);
      if (telling === undefined) return;
      log.warn(
        'checkpoint-failed',
        `The position of shard ${shard} could not be saved; the worker goes on and saves it next time, and after a crash more would be read again. ${told(error, 'Check the lease table.')}`,
        { stream, shard, ...codeOf(error), ...telling },
      );
    },
    // The pipeline takes every batch itself: none is handed over.
    'records-handed-over': silent,
    'hand-over-failed': silent,
  };
}

export function narrateShards(narration: Narration): Narrators<ReadKind | DoneKind> {
  return { ...narrateReading(narration), ...narrateDoing(narration) };
}
