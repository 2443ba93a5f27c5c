// What is said of the streams themselves: what they forgot, what they refuse, how they are read. It knows no lease and no sink.
import type { EventOf, Narration, Narrators } from './narration.ts';
import { codeOf, reason } from './troubles.ts';

type SourceKind = 'gap-found' | 'stream-refused' | 'listing-failed' | 'fan-out-refused' | 'wire-changed' | 'format-chosen';

const timeText = (ms: number): string => new Date(ms).toISOString();

/** Of something that is tried again. */
export const againText = (retryInMs: number): string => `tries again in ${Math.max(1, Math.round(retryInMs / 1_000))} s`;

function gapFound({ log }: Narration, { shard: { stream, shardId: shard }, fromMs, toMs, certain }: EventOf<'gap-found'>): void {
  const fields = { stream, shard, ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) };
  const when = fromMs === undefined || toMs === undefined ? 'before its first record that is left' : `between ${timeText(fromMs)} and ${timeText(toMs)}`;
  if (certain)
    log.error(
      'gap-found',
      `The stream ${stream} forgot what arrived in shard ${shard} ${when}, before it was read. What source.onGap says is done. Bring the missing changes from elsewhere; a longer retention leaves more time.`,
      fields,
    );
  else
    log.warn(
      'gap-found',
      `Shard ${shard} of ${stream} stands at a position older than the stream's retention. If anything arrived ${when}, it is missing; a quiet shard looks the same. The worker reads on. Compare the tables with the source if you are not sure that the shard was quiet.`,
      fields,
    );
}

export function narrateSource(narration: Narration): Narrators<SourceKind> {
  const { log, troubles } = narration;
  return {
    'gap-found': (event) => gapFound(narration, event),
    'stream-refused'({ stream, error }) {
      const telling = troubles.tell('stream-refused', stream);
      if (telling === undefined) return;
      log.error('stream-refused', `${reason(error)} The worker reads the other streams, and asks for this one again from time to time.`, {
        stream,
        ...codeOf(error),
        ...telling,
      });
    },
    'listing-failed'({ stream, error, retryInMs }) {
      const telling = troubles.tell('listing-failed', stream);
      if (telling === undefined) return;
      log.warn(
        'listing-failed',
        `The shards of ${stream} could not be listed: ${reason(error)} The worker goes on with those it knows and ${againText(retryInMs)}. If it goes on, check the stream and the permission to list its shards.`,
        { stream, retryInMs, ...codeOf(error), ...telling },
      );
    },
    'fan-out-refused'({ shard: { stream, shardId: shard }, error }) {
      const telling = troubles.tell('fan-out-refused', stream);
      if (telling === undefined) return;
      log.warn('fan-out-refused', `${reason(error)} The worker polls the stream instead, as source.mode: auto says.`, {
        stream,
        shard,
        ...codeOf(error),
        ...telling,
      });
    },
    'wire-changed': ({ why }) => log.info('wire-changed', why),
    'format-chosen': ({ stream, format }) => log.info('format-chosen', `Records of ${stream} are read as ${format}`, { stream, format }),
  };
}
