// Judges what was learnt of a database: whether it can be reached, is new enough, and has tables that can hold what comes. Pure.
import { SinkError } from '@shardfold/sinks';
import type { Finding } from './finding.ts';

export interface TargetFacts {
  readonly target: string;
  readonly createTables: boolean;
  readonly error: unknown;
  /** What works, but not as somebody may expect. */
  readonly problems: readonly string[];
}

export interface SinkFacts {
  readonly name: string;
  /** Whether the sink makes its own table of dead letters. */
  readonly createTables: boolean;
  /** What its user may not do, as a phrase; undefined: it may, or nobody can tell. */
  readonly createDenied: string | undefined;
  /** Why it could not be opened. */
  readonly error: unknown;
  readonly server: string | undefined;
  readonly latencyMs: number | undefined;
  readonly targets: readonly TargetFacts[];
  /** What the server says that its user may not do; phrases. */
  readonly denied: readonly string[];
  /** What works, but perhaps not for long; sentences. */
  readonly problems: readonly string[];
}

/** What PostgreSQL says beyond its version. */
const platform = / on .*$/s;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isMissing(error: unknown): boolean {
  return error instanceof SinkError && error.code === 'SINK_TABLE_MISSING';
}

/** A sink's message ends with the statements, each in a line of its own. */
function ddlIn(message: string): string | undefined {
  const at = message.indexOf('\n');
  return at === -1 ? undefined : message.slice(at + 1);
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}

interface Missing extends Pick<TargetFacts, 'createTables' | 'error'>, Pick<SinkFacts, 'createDenied'> {}

const createRemedy = 'Allow it, or run the statements that `shardfold validate --live` prints and set createTables: false.';

function missing(id: string, what: string, { createTables, error, createDenied }: Missing): Finding {
  const ddl = ddlIn(messageOf(error));
  const statements = ddl === undefined ? {} : { ddl };
  if (createTables && createDenied !== undefined)
    return {
      id: `${id}.missing`,
      severity: 'fault',
      what: `${what} not there yet, and a worker could not make them: the user of the url may not ${createDenied}.`,
      remedy: createRemedy,
      ...statements,
    };
  return createTables
    ? { id: `${id}.missing`, severity: 'note', what: `${what} not there yet; a worker makes them.`, ...statements }
    : {
        id: `${id}.missing`,
        severity: 'fault',
        what: `${what} missing, and createTables is false.`,
        remedy: 'Run the statements that `shardfold validate --live` prints, or set createTables: true.',
        ...statements,
      };
}

const suffixes: Readonly<Record<string, string>> = {
  SINK_UNREACHABLE: 'unreachable',
  SINK_BUSY: 'busy',
  SINK_READ_ONLY: 'read-only',
  SINK_DENIED: 'denied',
  SINK_TABLE_MISMATCH: 'mismatch',
};

function failed(id: string, error: unknown): Finding {
  const suffix = error instanceof SinkError ? (suffixes[error.code] ?? 'failed') : 'failed';
  const ddl = ddlIn(messageOf(error));
  return { id: `${id}.${suffix}`, severity: 'fault', what: firstLine(messageOf(error)), ...(ddl === undefined ? {} : { ddl }) };
}

function judgeTarget({ name: sink, createDenied }: SinkFacts, facts: TargetFacts): readonly Finding[] {
  const id = `table.${sink}.${facts.target}`;
  const { error, problems, target } = facts;
  if (isMissing(error)) return [missing(id, `Tables of target ${target} in sink ${sink} are`, { ...facts, createDenied })];
  if (error !== undefined) return [failed(id, error)];
  if (problems.length === 0) return [{ id, severity: 'ok', what: `Target ${target} in sink ${sink} can hold what comes.` }];
  return problems.map((problem) => ({ id: `${id}.remark`, severity: 'warning' as const, what: `Target ${target} in sink ${sink}: ${problem}` }));
}

function judgeRights(id: string, { name, denied }: Pick<SinkFacts, 'name' | 'denied'>): readonly Finding[] {
  if (denied.length === 0) return [];
  return [
    {
      id: `${id}.denied`,
      severity: 'fault',
      what: `Sink ${name}: the user of its url may not ${denied.join('; ')}.`,
      remedy: 'Give that user a role that allows it, such as readWrite on this database.',
    },
  ];
}

/** Where a table is missing it is told with that. */
function judgeCreating(id: string, { name, createTables, createDenied, error, targets }: SinkFacts): readonly Finding[] {
  const isTold = isMissing(error) || targets.some((target) => isMissing(target.error) && target.createTables);
  if (!createTables || createDenied === undefined || isTold) return [];
  return [
    {
      id: `${id}.create`,
      severity: 'warning',
      what: `Sink ${name}: the user of its url may not ${createDenied}. Tables of which nothing is known yet could not be made.`,
      remedy: createRemedy,
    },
  ];
}

export function judgeSink(facts: SinkFacts): readonly Finding[] {
  const { name, error, server, latencyMs, targets, problems } = facts;
  const id = `sink.${name}`;
  if (error !== undefined && !isMissing(error)) return [failed(id, error)];
  const own = isMissing(error) ? [missing(`${id}.letters`, `The program's own tables in sink ${name} are`, facts)] : [];
  const round = latencyMs === undefined ? '' : `, answers within ${latencyMs} ms`;
  const there: readonly Finding[] = [{ id, severity: 'ok', what: `Sink ${name} is ${server?.replace(platform, '') ?? 'there'}${round}.` }];
  const remarks = problems.map((problem) => ({ id: `${id}.remark`, severity: 'warning' as const, what: `Sink ${name}: ${problem}` }));
  return [...there, ...judgeRights(id, facts), ...own, ...targets.flatMap((target) => judgeTarget(facts, target)), ...judgeCreating(id, facts), ...remarks];
}

/** A place beside the sinks. */
export function judgeLetterPlace(kind: string, error: unknown): readonly Finding[] {
  if (error !== undefined) return [failed('dead-letters', error)];
  return kind === 's3' || kind === 'sqs' ? [{ id: 'dead-letters', severity: 'ok', what: `The place of the dead letters (${kind}) can be used.` }] : [];
}
