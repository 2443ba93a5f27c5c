// Judges what was learnt of a stream: whether it is there, in which region, what its records carry, how long they are kept. Pure.
import { viewTypeProblem } from '@shardfold/changes';
import { ConsumerError, type StreamDescription } from '@shardfold/consumer';
import { nearest } from '../config/near.ts';
import type { Answer, Finding } from './finding.ts';
import { refusal } from './refusal.ts';

export interface StreamFacts {
  /** As configured, no pattern. */
  readonly stream: string;
  readonly described: Answer<StreamDescription>;
  /** Where it is missing: those that are there, as far as they may be listed. */
  readonly others: readonly string[];
  /** Undefined: it was not asked for, since the stream is missing. */
  readonly shards: Answer<{ readonly open: number; readonly closed: number }> | undefined;
}

const hourMs = 3_600_000;
const namesMax = 5;

export function streamName(stream: string): string {
  return /^arn:[^/]*[:/](?:stream|table)\/([^/]+)/.exec(stream)?.[1] ?? stream;
}

function regionOf(stream: string): string | undefined {
  return /^arn:[^:]+:[^:]+:([^:]+):/.exec(stream)?.[1];
}

function missing({ stream, others }: StreamFacts, region: string | undefined): Finding {
  const name = streamName(stream);
  const near = nearest(name, others);
  const alike = near === undefined ? others.filter((each) => each.includes(name) || name.includes(each)) : [near];
  const there =
    alike.length > 0
      ? `Did you mean ${alike.slice(0, namesMax).join(', ')}?`
      : others.length > 0
        ? `There are ${others.slice(0, namesMax).join(', ')}${others.length > namesMax ? ' and others' : ''}.`
        : 'No stream is to be seen there at all.';
  return {
    id: `stream.${name}.missing`,
    severity: 'fault',
    what: `Stream ${stream} does not exist${region === undefined ? '' : ` in ${region}`}.`,
    remedy: `${there} Check source.streams, the region and the endpoint.`,
  };
}

function judgeThere({ stream, shards }: StreamFacts, { retentionMs, viewType }: StreamDescription): readonly Finding[] {
  const name = streamName(stream);
  const id = `stream.${name}`;
  const problem = viewType === undefined ? undefined : viewTypeProblem(viewType);
  if (problem !== undefined) return [{ id: `${id}.images`, severity: 'fault', what: `Stream ${stream}: ${problem}` }];
  if (shards !== undefined && !shards.ok) return [refusal(id, `Stream ${stream}`, shards)];
  const kept = retentionMs === undefined ? '' : `, records are kept for ${retentionMs / hourMs} h`;
  const size = shards === undefined ? 'is there' : `has ${shards.value.open} open and ${shards.value.closed} closed shards`;
  return [{ id, severity: 'ok', what: `Stream ${stream} ${size}${kept}.` }];
}

/** `region`: where it is asked for. */
export function judgeStream(facts: StreamFacts, region: string | undefined): readonly Finding[] {
  const { stream, described } = facts;
  const id = `stream.${streamName(stream)}`;
  const own = regionOf(stream);
  const elsewhere: readonly Finding[] =
    own === undefined || region === undefined || own === region
      ? []
      : [{ id: `${id}.region`, severity: 'fault', what: `Stream ${stream} is in ${own}, and ${region} is asked.`, remedy: `Set aws.region: ${own}.` }];
  if (described.ok) return [...elsewhere, ...judgeThere(facts, described.value)];
  if (described.error instanceof ConsumerError && described.error.code === 'STREAM_MISSING' && elsewhere.length === 0) {
    const refused = refusal(id, `Stream ${stream}`, described);
    return [refused.id.endsWith('.region') ? refused : missing(facts, region)];
  }
  return elsewhere.length > 0 ? elsewhere : [refusal(id, `Stream ${stream}`, described)];
}

/** A pattern that matches nothing is no fault: streams may come. */
export function judgePattern(pattern: string, matching: Answer<readonly string[]>): readonly Finding[] {
  const id = `stream.${pattern}`;
  if (!matching.ok) return [refusal(id, `Streams ${pattern}`, matching)];
  const { length } = matching.value;
  if (length > 0) return [{ id, severity: 'ok', what: `${length} ${length === 1 ? 'stream matches' : 'streams match'} ${pattern}.` }];
  return [
    {
      id: `${id}.none`,
      severity: 'warning',
      what: `No stream matches ${pattern} now.`,
      remedy: 'Check the pattern, the region and the endpoint; streams that come later are found.',
    },
  ];
}
