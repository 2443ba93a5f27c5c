// Judges what was learnt of a database: whether it can be reached, is new enough, and has tables that can hold what comes. Pure.
import { SinkError } from '@shardfold/sinks';
import { onceParts } from '../cli/once-text.ts';
import type { Finding } from './finding.ts';

export interface TargetFacts {
  readonly target: string;
  readonly createTables: boolean;
  readonly error: unknown;
  /** What works, but not as somebody may expect; known too where only what belongs to the target is missing. */
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

interface Missing extends Pick<TargetFacts, 'createTables' | 'error'>, Pick<SinkFacts, 'createDenied'> {}

const createRemedy = 'Allow it, or run the statements that `shardfold validate --live` prints and set createTables: false.';

/** `Target orders in sink main lacks orders__tombstones`: only what is not there is named. */
function lacking(owner: string, error: unknown): string {
  const names = error instanceof SinkError ? (error.missing?.names ?? []) : [];
  return names.length === 0 ? `${owner} lacks tables` : `${owner} lacks ${names.join(', ')}`;
}

function missing(id: string, owner: string, { createTables, error, createDenied }: Missing): Finding {
  const what = lacking(owner, error);
  const ddl = ddlIn(messageOf(error));
  const statements = ddl === undefined ? {} : { ddl };
  if (createTables && createDenied !== undefined)
    return {
      id: `${id}.missing`,
      severity: 'fault',
      what: `${what}, and a worker could not make what is missing: the user of the url may not ${createDenied}.`,
      remedy: 'Allow it, or run these statements and set createTables: false.',
      ...statements,
    };
  return createTables
    ? { id: `${id}.missing`, severity: 'note', what: `${what}; a worker makes what is missing.`, ...statements }
    : {
        id: `${id}.missing`,
        severity: 'fault',
        what: `${what}, and createTables is false.`,
        remedy: 'Run these statements, or set createTables: true.',
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

/** What it says is of one look: nobody tries again. */
function failed(id: string, about: string, error: unknown): Finding {
  const suffix = error instanceof SinkError ? (suffixes[error.code] ?? 'failed') : 'failed';
  const ddl = ddlIn(messageOf(error));
  const { what, ...remedy } = onceParts(messageOf(error));
  return { id: `${id}.${suffix}`, severity: 'fault', what: `${about}: ${what}`, ...remedy, ...(ddl === undefined ? {} : { ddl }) };
}

function judgeTarget({ name: sink, createDenied }: SinkFacts, facts: TargetFacts): readonly Finding[] {
  const id = `table.${sink}.${facts.target}`;
  const { error, problems, target } = facts;
  const about = `Target ${target} in sink ${sink}`;
  if (error !== undefined && !isMissing(error)) return [failed(id, about, error)];
  const lacks = error === undefined ? [] : [missing(id, about, { ...facts, createDenied })];
  const remarks = problems.map((problem) => ({ id: `${id}.remark`, severity: 'warning' as const, what: `${about}: ${problem}` }));
  const found = [...lacks, ...remarks];
  return found.length > 0 ? found : [{ id, severity: 'ok', what: `${about} can hold what comes.` }];
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
  if (error !== undefined && !isMissing(error)) return [failed(id, `Sink ${name}`, error)];
  const own = isMissing(error) ? [missing(`${id}.letters`, `Sink ${name}`, facts)] : [];
  const round = latencyMs === undefined ? '' : `, answers within ${latencyMs} ms`;
  const there: readonly Finding[] = [{ id, severity: 'ok', what: `Sink ${name} is ${server?.replace(platform, '') ?? 'there'}${round}.` }];
  const remarks = problems.map((problem) => ({ id: `${id}.remark`, severity: 'warning' as const, what: `Sink ${name}: ${problem}` }));
  return [...there, ...judgeRights(id, facts), ...own, ...targets.flatMap((target) => judgeTarget(facts, target)), ...judgeCreating(id, facts), ...remarks];
}

/** A place beside the sinks. */
export function judgeLetterPlace(kind: string, error: unknown): readonly Finding[] {
  if (error !== undefined) return [failed('dead-letters', `The place of the dead letters (${kind})`, error)];
  return kind === 's3' || kind === 'sqs' ? [{ id: 'dead-letters', severity: 'ok', what: `The place of the dead letters (${kind}) can be used.` }] : [];
}
