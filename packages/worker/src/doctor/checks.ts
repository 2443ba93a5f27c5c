// The plan: which checks a configuration asks for, and what each needs to know of the others. What they find is judged by the files
// beside it, what they ask is asked by `../adapters/`.
import { isPattern, type Machine, matcher, type StreamDescription } from '@shardfold/consumer';
import { type AwsProbes, createAwsProbes } from '../adapters/doctor-aws.ts';
import { probeFile, probePort } from '../adapters/doctor-machine.ts';
import { fileOf, probeLetters, probeSink } from '../adapters/doctor-sinks.ts';
import type { Config } from '../config/config.ts';
import type { Finding } from './finding.ts';
import { judgeClock } from './judge-clock.ts';
import { judgeLeases } from './judge-leases.ts';
import { judgeLimits } from './judge-limits.ts';
import { judgeFile, judgePort } from './judge-machine.ts';
import { judgeLetterPlace, judgeSink } from './judge-sinks.ts';
import { judgePattern, judgeStream, type StreamFacts, streamName } from './judge-streams.ts';
import { refusal } from './refusal.ts';
import type { Check } from './run-checks.ts';
import { judgeSample, type Sample, sampleOf } from './sample.ts';

export interface Examination {
  readonly checks: readonly Check[];
  close(): Promise<void>;
}

/** Of all streams together; patterns may match thousands. */
const streamsMax = 20;

function lazily<Value>(ask: () => Promise<Value>): () => Promise<Value> {
  let asked: Promise<Value> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}

/** What several checks need: each part is asked for once. */
function sharedFacts(config: Config, aws: AwsProbes, signal: AbortSignal) {
  const region = lazily(() => aws.region());
  const names = lazily(() => aws.names(signal));
  const matching = async (pattern: string) => {
    const all = await names();
    return all.ok ? { ok: true as const, value: all.value.filter(matcher(pattern)) } : all;
  };
  const wanted = lazily(async () => {
    const found = await Promise.all(
      config.source.streams.map(async (stream) => {
        const all = isPattern(stream) ? await matching(stream) : { ok: true as const, value: [stream] };
        return all.ok ? all.value : [];
      }),
    );
    return [...new Set(found.flat())].slice(0, streamsMax);
  });
  const facts = new Map<string, Promise<StreamFacts>>();
  const stream = (name: string): Promise<StreamFacts> => {
    const known = facts.get(name) ?? aws.stream(name, signal);
    facts.set(name, known);
    return known;
  };
  const streams = lazily(async () => Promise.all((await wanted()).map(stream)));
  const there = lazily(async () => (await streams()).flatMap(({ described }) => (described.ok ? [described.value] : [])));
  const samples = lazily(async () => {
    const found: { readonly stream: string; readonly read: Awaited<ReturnType<AwsProbes['records']>>; readonly sample: Sample }[] = [];
    for (const { stream: name, described } of await streams()) {
      if (!described.ok) continue;
      const read = await aws.records(name, signal);
      found.push({ stream: name, read, sample: sampleOf(config, read.ok ? read.value : []) });
    }
    return found;
  });
  return { region, matching, stream, streams, there, samples };
}

type Shared = ReturnType<typeof sharedFacts>;

/** Of the stream that keeps its records longest, or shortest. */
function retentions(described: readonly StreamDescription[]): { readonly longestMs: number | undefined; readonly shortestMs: number | undefined } {
  const all = described.flatMap(({ retentionMs }) => (retentionMs === undefined ? [] : [retentionMs]));
  return all.length === 0 ? { longestMs: undefined, shortestMs: undefined } : { longestMs: Math.max(...all), shortestMs: Math.min(...all) };
}

function streamChecks(config: Config, shared: Shared): readonly Check[] {
  return config.source.streams.map((stream) => ({
    id: `stream.${streamName(stream)}`,
    about: `stream ${stream}`,
    run: async () =>
      isPattern(stream) ? judgePattern(stream, await shared.matching(stream)) : judgeStream(await shared.stream(stream), await shared.region()),
  }));
}

function recordChecks(shared: Shared): Check {
  return {
    id: 'records',
    about: 'a few records',
    run: async () => {
      const samples = await shared.samples();
      return samples.flatMap(({ stream, read, sample }) =>
        read.ok ? judgeSample(streamName(stream), sample) : [refusal(`stream.${streamName(stream)}`, `Stream ${stream}`, read)],
      );
    },
  };
}

function fanOutNote({ source }: Config): readonly Finding[] {
  if (source.kind !== 'kinesis' || source.mode === 'polling') return [];
  return [
    {
      id: 'stream.fan-out',
      severity: 'note',
      what: 'Whether this fleet may register as a consumer of enhanced fan-out was not tried: it would be a write.',
      remedy: 'Allow kinesis:RegisterStreamConsumer, kinesis:DescribeStreamConsumer and kinesis:SubscribeToShard.',
    },
  ];
}

function tableChecks(config: Config, aws: AwsProbes, shared: Shared): readonly Check[] {
  const table = { id: 'lease-table', about: `lease table ${config.lease.table}` };
  return [
    {
      ...table,
      run: async (signal) => {
        const { facts } = await aws.table(signal);
        const described = await shared.there();
        const nothing = {
          table: facts,
          writes: [],
          rows: undefined,
          peers: undefined,
          foreign: undefined,
          lags: undefined,
          retentionMs: undefined,
        };
        const early = judgeLeases(config, nothing);
        if (!facts.ok || facts.value === undefined || early.length > 0) return early;
        const retentionMs = retentions(described).shortestMs;
        const [writes, rows] = await Promise.all([aws.writes(signal), aws.rows(described, retentionMs, signal)]);
        return judgeLeases(config, { ...nothing, ...rows, writes, retentionMs });
      },
    },
    {
      id: 'limits',
      about: 'the limits',
      run: async (signal) => {
        const openShards = (await shared.streams()).reduce((sum, { shards }) => sum + (shards?.ok === true ? shards.value.open : 0), 0);
        const { provisioned } = await aws.table(signal);
        const facts = { openShards, ...(provisioned === undefined ? {} : { provisioned }) };
        return [...judgeLimits(config, facts, retentions(await shared.there()).longestMs), ...fanOutNote(config), ...judgeClock(aws.clock())];
      },
    },
  ];
}

function sinkChecks(config: Config, machine: Machine, shared: Shared): readonly Check[] {
  return Object.entries(config.sinks).map(([name, sink]) => ({
    id: `sink.${name}`,
    about: `sink ${name}`,
    run: async (signal) => {
      const path = fileOf(sink);
      const file = path === undefined ? undefined : await probeFile(`sink ${name}`, path, true);
      if (file !== undefined && (file.errorCode !== undefined || !file.exists)) return judgeFile(file);
      // The database is looked at also when the stream cannot be.
      const samples = await shared.samples().catch(() => []);
      const targets = samples.flatMap(({ sample }) => sample.targets).filter((target) => target.sink === name);
      return judgeSink(await probeSink({ config, machine, name, sink, targets }, signal));
    },
  }));
}

function letterCheck(config: Config, machine: Machine): Check {
  const { deadLetters } = config;
  return {
    id: 'dead-letters',
    about: 'the place of the dead letters',
    run: async (signal) =>
      deadLetters.kind === 'file'
        ? judgeFile(await probeFile('the dead letters', deadLetters.path))
        : judgeLetterPlace(deadLetters.kind, await probeLetters(config, machine, signal)),
  };
}

/** What a configuration says of the world: streams, lease table, databases. The caller closes it. */
export function examineWorld(config: Config, machine: Machine, signal: AbortSignal): Examination {
  const aws = createAwsProbes(config, machine);
  const shared = sharedFacts(config, aws, signal);
  return {
    checks: [
      ...streamChecks(config, shared),
      ...tableChecks(config, aws, shared),
      recordChecks(shared),
      ...sinkChecks(config, machine, shared),
      letterCheck(config, machine),
    ],
    close: () => aws.close(),
  };
}

/** What it needs of this machine. Of port 0 there is always a free one. */
export function examineMachine({ http }: Config): readonly Check[] {
  return http.port === 0 ? [] : [{ id: 'http.port', about: 'the port of the page', run: async () => judgePort(await probePort(http)) }];
}
