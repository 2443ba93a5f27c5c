// What is said of the streams themselves: what they forgot, what they refuse, how they are read. It knows no lease and no sink.
import type { WorkerEvent } from './events.ts';
import type { Log } from './log.ts';
import { codeOf, reason, type Troubles } from './troubles.ts';

const timeText = (ms: number): string => new Date(ms).toISOString();

function gapFound(log: Log, { shard, fromMs, toMs, certain }: Extract<WorkerEvent, { kind: 'gap-found' }>): void {
  const fields = { stream: shard.stream, shard: shard.shardId, ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) };
  const when = fromMs === undefined || toMs === undefined ? 'before its first record that is left' : `between ${timeText(fromMs)} and ${timeText(toMs)}`;
  if (certain)
    log.error(
      `The stream ${shard.stream} forgot what arrived in shard ${shard.shardId} ${when}, before it was read. What source.onGap says is done. Bring the missing changes from elsewhere; a longer retention leaves more time.`,
      fields,
    );
  else
    log.warn(
      `Shard ${shard.shardId} of ${shard.stream} stands at a position older than the stream's retention. If anything arrived ${when}, it is missing; a quiet shard looks the same. The worker reads on. Compare the tables with the source if you are not sure that the shard was quiet.`,
      fields,
    );
}

/** Only events of the stream are looked at. */
export function narrateSource({ log, troubles }: { readonly log: Log; readonly troubles: Troubles }): (event: WorkerEvent) => void {
  return (event) => {
    switch (event.kind) {
      case 'gap-found':
        gapFound(log, event);
        break;
      case 'stream-refused':
        if (troubles.tell(`stream-refused ${event.stream}`, 0))
          log.error(`${reason(event.error)} The worker reads the other streams, and asks for this one again from time to time.`, {
            stream: event.stream,
            ...codeOf(event.error),
          });
        break;
      case 'fan-out-refused':
        if (troubles.tell(`fan-out-refused ${event.shard.stream}`, 0))
          log.warn(`${reason(event.error)} The worker polls the stream instead, as source.mode: auto says.`, {
            stream: event.shard.stream,
            ...codeOf(event.error),
          });
        break;
      case 'wire-changed':
        log.info(event.why);
        break;
      case 'records-outside-shard':
        log.debug(`${event.records} records of shard ${event.shard.shardId} belong to other shards by their keys; they are left out here`, {
          stream: event.shard.stream,
          shard: event.shard.shardId,
          records: event.records,
        });
        break;
      default:
    }
  };
}
