// Whether something is wrong, what first, and whose fault it is: the words a person on call reads before anything else. Pure; it
// knows only what it is shown.
import { several, span } from '../http/page/browser/format.ts';
import type { LettersAwayView, Level, Problem, ShardView, SinkView, Verdict } from '../http/page/browser/wire.ts';
import type { SourceTrouble } from './environment.ts';
import { headlines } from './headlines.ts';

export interface Circumstances {
  readonly worker: string;
  /** As `/status` says it: `running`, `starting`, `draining`, `watching`, `restrained`, … */
  readonly state: string;
  readonly leaseMs: number;
  readonly shards: readonly ShardView[];
  readonly sinks: readonly SinkView[];
  readonly sourceTroubles: readonly SourceTrouble[];
  readonly leasesAway: { readonly error: string; readonly sinceMs: number } | undefined;
  readonly lettersAway: LettersAwayView | null;
  readonly gaps: number;
  readonly newLetters: number;
  readonly lastLetter: { readonly code: string; readonly message: string } | undefined;
  /** Loops that make no progress. */
  readonly stalled: readonly string[];
  readonly lastError: { readonly message: string; readonly agoMs: number } | undefined;
  readonly inFlightBytes: number;
  readonly bufferBytes: number;
  /** Seconds a second by which the lag here shrinks. */
  readonly shrinksBy: number | undefined;
}

/** A sink that is away for less may be restarting. */
const sinkPatienceMs = 5_000;
/** A batch that is tried again less often may be unlucky. */
const unluckyAttempts = 3;
/** A sink that has had a batch for so long is the slow part, and one that has owed an answer for so long is told. */
const slowSinkMs = 5_000;
const recentErrorMs = 60_000;

const states: Readonly<Record<string, { readonly title: string; readonly level: Level }>> = {
  running: { title: headlines.running, level: 'good' },
  starting: { title: headlines.starting, level: 'warn' },
  draining: { title: headlines.draining, level: 'warn' },
  watching: { title: headlines.watching, level: 'warn' },
  restrained: { title: headlines.restrained, level: 'warn' },
  stopped: { title: headlines.stopped, level: 'warn' },
};

function longest(values: readonly (number | null)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

function leaseProblems({ leasesAway, stalled, leaseMs }: Circumstances): readonly Problem[] {
  const problems: Problem[] = [];
  if (leasesAway !== undefined)
    problems.push({
      blame: 'leases',
      level: leasesAway.sinceMs > leaseMs / 2 ? 'bad' : 'warn',
      title: headlines.leasesAway,
      text: `It has not answered for ${span(leasesAway.sinceMs)}: ${leasesAway.error}`,
      advice: 'Shards are read on until their leases end. Look at the network, the permissions and the capacity of DynamoDB.',
    });
  if (stalled.length > 0)
    problems.push({
      blame: 'worker',
      level: 'bad',
      title: headlines.stuck,
      text: `No progress is made by: ${stalled.join(', ')}.`,
      advice: 'Its orchestrator should restart it, since /livez says so too.',
    });
  return problems;
}

function levelAfter(waitingMs: number): Problem['level'] {
  return waitingMs > sinkPatienceMs ? 'bad' : 'warn';
}

function blockedProblem({ name, blocked, blockedCount }: SinkView): readonly Problem[] {
  const [first] = blocked;
  if (first === undefined) return [];
  const { table, waitingMs, error } = first;
  return [
    {
      blame: 'sink',
      level: levelAfter(waitingMs),
      title: blockedCount === 1 ? headlines.tableBlocked(table, name) : headlines.tablesBlocked(String(blockedCount), name),
      text: `${blockedCount === 1 ? 'For' : `${table}, for`} ${span(waitingMs)}: ${error}`,
      advice: 'Nothing is lost: its changes are tried again, and the shards that they came from wait. Mend the table, its grants or its entry in tables.',
    },
  ];
}

function sinkProblem({ name, state, waitingMs, lastError, silentMs }: SinkView): readonly Problem[] {
  if (state === 'waiting')
    return [
      {
        blame: 'sink',
        level: levelAfter(waitingMs ?? 0),
        title: headlines.sinkBlocked(name),
        text: `It has taken no writes for ${span(waitingMs)}: ${lastError ?? 'it gives no reason.'}`,
        advice: 'Nothing is lost: the worker tries again and keeps its shards. Look at that database.',
      },
    ];
  if (silentMs === null || silentMs <= slowSinkMs) return [];
  return [
    {
      blame: 'sink',
      level: 'warn',
      title: headlines.sinkSilent(name, span(silentMs)),
      text: `What was sent to it ${span(silentMs)} ago is neither done nor refused.`,
      advice: 'It may be slow, or wait for a lock: look at that database. The worker gives the statement up in time, and sends it again.',
    },
  ];
}

function sinkProblems({ sinks, lettersAway }: Circumstances): readonly Problem[] {
  const problems = sinks.flatMap((sink) => [...sinkProblem(sink), ...blockedProblem(sink)]);
  if (lettersAway === null) return problems;
  const { place, waitingMs, error } = lettersAway;
  return [
    ...problems,
    {
      blame: 'data',
      level: levelAfter(waitingMs),
      title: headlines.lettersAway,
      text: `The ${place} has taken none for ${span(waitingMs)}: ${error}`,
      advice: 'Nothing is lost: what cannot be applied waits, and the shards that it came from. Look at that place, or at deadLetters in the configuration.',
    },
  ];
}

function sourceProblems({ sourceTroubles, gaps }: Circumstances): readonly Problem[] {
  const byStream = new Map<string, SourceTrouble[]>();
  for (const trouble of sourceTroubles) byStream.set(trouble.stream, [...(byStream.get(trouble.stream) ?? []), trouble]);
  const problems = [...byStream].map(([stream, troubles]): Problem => {
    const shards = troubles.filter(({ shard }) => shard !== undefined).length;
    const sinceMs = longest(troubles.map((trouble) => trouble.sinceMs));
    return {
      blame: 'source',
      level: sinceMs > sinkPatienceMs ? 'bad' : 'warn',
      title: headlines.streamAway(stream),
      text: `${shards === 0 ? 'The whole stream' : several(shards, 'shard')}, for ${span(sinceMs)}: ${troubles.at(-1)?.error ?? ''}`,
      advice: 'The worker tries again. Look at the stream, its limits and the permissions.',
    };
  });
  if (gaps > 0)
    problems.push({
      blame: 'source',
      level: 'bad',
      title: headlines.gaps,
      text: `In the last hour the stream had lost records of ${several(gaps, 'shard')} before they were read.`,
      advice: 'Those records are gone from the stream. The log says from when to when; bring the tables up to date from the source.',
    });
  return problems;
}

function shardProblems({ shards, leaseMs, worker }: Circumstances): readonly Problem[] {
  const problems: Problem[] = [];
  const unowned = shards.filter(({ state }) => state === 'unowned');
  if (unowned.length > 0) {
    const sinceMs = longest(unowned.map(({ unownedMs }) => unownedMs));
    const open = shards.filter(({ state }) => state !== 'done').length;
    problems.push({
      blame: 'worker',
      level: sinceMs > 2 * leaseMs ? 'bad' : 'warn',
      title: headlines.unowned(several(unowned.length, 'shard')),
      text: `Nobody has read ${unowned.length === 1 ? unowned[0]?.shard : `${unowned.length} of ${several(open, 'open shard')}`} for ${span(sinceMs)}.`,
      advice: 'Live workers take such shards within two lease durations. Are enough of them running, and is lease.maxPerWorker high enough?',
    });
  }
  const failing = shards.filter(({ trouble }) => trouble !== null);
  const [first] = failing;
  if (first !== undefined && first.trouble !== null)
    problems.push({
      blame: 'worker',
      level: longest(failing.map(({ trouble }) => trouble?.attempts ?? 0)) >= unluckyAttempts ? 'bad' : 'warn',
      title: headlines.failing(several(failing.length, 'shard')),
      text: `On ${worker}, shard ${first.shard} has failed ${several(first.trouble.attempts, 'time')} in ${span(first.trouble.sinceMs)}: ${first.trouble.error}`,
      advice: 'The same records are tried again. If the error names them, mend them or the configuration.',
    });
  return problems;
}

/** Late here: whose fault it is shows in what the batches wait for. */
function lateHere({ inFlightBytes, bufferBytes, shrinksBy, sourceTroubles, sinks, lettersAway }: Circumstances, late: readonly ShardView[]): Problem {
  const lagMs = longest(late.map((shard) => shard.lagMs));
  const sinkIsSlow =
    sinks.some(({ state }) => state !== 'ok') || inFlightBytes >= bufferBytes / 2 || longest(late.map(({ processingMs }) => processingMs)) >= slowSinkMs;
  const blame = lettersAway !== null ? 'data' : sinkIsSlow ? 'sink' : sourceTroubles.length > 0 ? 'source' : 'worker';
  const left = shrinksBy === undefined ? '' : ` It catches up: about ${span(lagMs / shrinksBy)} more.`;
  const reasons = {
    data: 'What was read waits for the place of the dead letters.',
    sink: 'What was read waits for the sink: look at its latency and load.',
    source: 'The stream does not give its records: see its trouble.',
    worker: 'More workers share the shards; one shard is read at most at 2 MiB a second.',
  };
  return {
    blame,
    level: shrinksBy === undefined ? 'bad' : 'warn',
    title: shrinksBy === undefined ? headlines.late(span(lagMs)) : headlines.catchingUp(span(lagMs)),
    text: `${several(late.length, 'shard')} held by this worker ${late.length === 1 ? 'is' : 'are'} behind, the furthest by ${span(lagMs)}.${left}`,
    advice: reasons[blame],
  };
}

function lateProblems(of: Circumstances): readonly Problem[] {
  const late = of.shards.filter(({ isLate }) => isLate);
  const here = late.filter(({ held }) => held);
  const elsewhere = late.filter(({ held }) => !held);
  const problems = here.length === 0 ? [] : [lateHere(of, here)];
  if (elsewhere.length > 0) {
    const lagMs = longest(elsewhere.map((shard) => shard.lagMs));
    const owners = [...new Set(elsewhere.map(({ owner }) => owner))];
    problems.push({
      blame: 'worker',
      level: 'bad',
      title: owners.length === 1 ? headlines.lateWorker(owners[0] ?? '') : headlines.lateWorkers(String(owners.length)),
      text: `${several(elsewhere.length, 'shard')} of ${owners.slice(0, 3).join(', ')}${owners.length > 3 ? ' and others' : ''}: the position saved last was ${span(lagMs)} old.`,
      advice: 'Open the page of that worker: it knows why.',
    });
  }
  return problems;
}

function dataProblems({ newLetters, lastLetter, lastError }: Circumstances, others: number): readonly Problem[] {
  const problems: Problem[] = [];
  if (newLetters > 0)
    problems.push({
      blame: 'data',
      level: 'bad',
      title: headlines.lettersGrow,
      text: `${several(newLetters, 'new one')} in the last five minutes${lastLetter === undefined ? '.' : `; the last: ${lastLetter.code}, ${lastLetter.message}`}`,
      advice: 'See them with shardfold dlq list; mend the cause, then bring them back with shardfold dlq replay.',
    });
  if (others + problems.length === 0 && lastError !== undefined && lastError.agoMs < recentErrorMs)
    problems.push({
      blame: 'worker',
      level: 'warn',
      title: headlines.justNow,
      text: `${span(lastError.agoMs)} ago: ${lastError.message}`,
      advice: 'It is tried again; this goes away by itself if it does not come back.',
    });
  return problems;
}

/** Total: every state has a headline. */
export function judge(of: Circumstances): Verdict {
  const found = [...leaseProblems(of), ...sinkProblems(of), ...sourceProblems(of), ...shardProblems(of), ...lateProblems(of)];
  const all = [...found, ...dataProblems(of, found.length)];
  const problems = [...all.filter(({ level }) => level === 'bad'), ...all.filter(({ level }) => level === 'warn')];
  const [first] = problems;
  const plain = states[of.state] ?? { title: `The worker is ${of.state}`, level: 'warn' };
  if (first !== undefined && (first.level === 'bad' || plain.level === 'good')) return { level: first.level, title: first.title, problems };
  if (first === undefined && plain.level === 'good' && of.shards.length === 0) return { level: 'warn', title: headlines.noShard, problems };
  return { level: plain.level, title: plain.title, problems };
}
