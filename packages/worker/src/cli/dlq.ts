// `dlq list`, `show`, `replay` and `discard`. How letters are found, replayed and tidied is in `../dead-letters/`.
import type { DeadLetter } from '@shardfold/sinks';
import { nearest } from '../config/near.ts';
import { countOf, sumOf } from '../dead-letters/count.ts';
import { type FoundPage, type LetterFilter, lettersNamed, pagesOf } from '../dead-letters/find.ts';
import { runReplay } from '../dead-letters/run-replay.ts';
import type { JsonFlag } from './config-commands.ts';
import type { ConfigFlags } from './config-file.ts';
import { type Opened, withPlaces } from './dlq-places.ts';
import { letterJson, lettersText, letterText, listFoot, listJson, listText, replayText } from './dlq-text.ts';
import { CliError, type CliIo, type ExitCode } from './io.ts';
import { createProgress } from './progress.ts';
import { confirmed, requireAnswer } from './prompt.ts';

/** Since 1970, or before now. */
export type Since = { readonly atMs: number } | { readonly agoMs: number };

/** What is absent does not narrow. */
export interface ListFlags extends ConfigFlags, JsonFlag {
  readonly sink?: string;
  readonly code?: string;
  readonly since?: Since;
  readonly limit?: number;
}

export interface ChangeFlags extends ListFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const listedMax = 100;

const jsonText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

function filterOf({ config: { application }, machine }: Opened, { sink, code, since }: ListFlags): LetterFilter {
  const sinceMs = since === undefined || 'atMs' in since ? since?.atMs : machine.clock.wallMs() - since.agoMs;
  return { application, ...(sink === undefined ? {} : { sink }), ...(code === undefined ? {} : { code }), ...(sinceMs === undefined ? {} : { sinceMs }) };
}

function isNarrowed({ sink, code, since }: ListFlags): boolean {
  return [sink, code, since].some((each) => each !== undefined);
}

/** Of a list that may be long, only what is shown. */
function light(letter: DeadLetter): DeadLetter {
  return { ...letter, raw: new Uint8Array(), event: undefined };
}

/** Letters may be of a sink that the configuration had once: only where there is none of it, its name is a mistake. */
function requireSink({ config }: Opened, { sink }: ListFlags): void {
  if (sink === undefined || Object.hasOwn(config.sinks, sink)) return;
  const known = Object.keys(config.sinks);
  const meant = nearest(sink, known);
  throw new CliError(
    2,
    `There is no sink "${sink}", and no dead letter of one. Nothing was done; ${meant === undefined ? `known are ${known.join(', ')}` : `did you mean "${meant}"?`}`,
  );
}

function requireIds(ids: readonly string[]): void {
  if (ids.includes(''))
    throw new CliError(2, 'An id is empty, and every id begins so. Nothing was done. Name the letter; `shardfold dlq list` shows those there are.');
}

export async function listLetters(io: CliIo, flags: ListFlags): Promise<ExitCode> {
  const limit = flags.limit ?? listedMax;
  const found: DeadLetter[] = [];
  const kept = await withPlaces(io, flags, async (opened) => {
    const { places, stop } = opened;
    const filter = filterOf(opened, flags);
    for await (const { letters } of pagesOf(places.stores, { filter, limit: limit + 1 }, stop)) found.push(...letters.map(light));
    if (found.length === 0) requireSink(opened, flags);
    return isNarrowed(flags) ? undefined : sumOf(await Promise.all(places.stores.map(({ store }) => countOf(store, stop))));
  });
  const shown = found.slice(0, limit);
  const more = found.length > limit;
  if (flags.json === true) await io.out(jsonText({ letters: listJson(shown), more, kept: kept?.count ?? null, keptMore: kept?.isMore ?? false }));
  else await io.out(`${shown.length === 0 ? '' : listText(shown)}${listFoot(shown.length, more, kept)}`);
  return 0;
}

/** Throws `CliError` when there is none, or more than one. */
async function theLetter({ places, stop }: Opened, id: string): Promise<FoundPage> {
  const [found, other] = await lettersNamed(places.stores, id, stop);
  if (found === undefined)
    throw new CliError(2, `There is no dead letter whose id begins with ${id}. Nothing was done. \`shardfold dlq list\` shows those that are there.`);
  if (other !== undefined)
    throw new CliError(
      2,
      `Several ids begin with ${id}, such as ${found.letter.id} and ${other.letter.id}. Nothing was done. Write more of the one that is meant.`,
    );
  return { place: found.place, letters: [found.letter] };
}

/** The letters of another fleet go the way of its tables, not of these. */
async function ownLetter(opened: Opened, id: string): Promise<FoundPage> {
  const page = await theLetter(opened, id);
  const own = opened.config.application;
  const other = page.letters.find(({ application }) => application !== own)?.application;
  if (other === undefined) return page;
  throw new CliError(
    2,
    `The dead letter ${id} is of application ${other}, and this is the configuration of ${own}. Nothing was done. Name the other configuration with -c.`,
  );
}

export async function showLetter(io: CliIo, id: string, flags: ConfigFlags & JsonFlag): Promise<ExitCode> {
  requireIds([id]);
  const { letters } = await withPlaces(io, flags, (opened) => theLetter(opened, id));
  for (const letter of letters) await io.out(flags.json === true ? letterJson(letter) : letterText(letter));
  return 0;
}

interface Chosen {
  readonly count: number;
  readonly codes: Readonly<Record<string, number>>;
  /** Reads them anew. */
  pages(): AsyncIterable<FoundPage> | Iterable<FoundPage>;
}

async function surveyed(pages: Chosen['pages']): Promise<Chosen> {
  const codes: Record<string, number> = {};
  let count = 0;
  for await (const { letters } of pages()) {
    count += letters.length;
    for (const { errorCode } of letters) codes[errorCode] = (codes[errorCode] ?? 0) + 1;
  }
  return { count, codes, pages };
}

/** The letters of the ids, else those that the flags leave. */
async function choose(opened: Opened, ids: readonly string[], flags: ChangeFlags): Promise<Chosen> {
  const limit = flags.limit ?? Number.POSITIVE_INFINITY;
  if (ids.length === 0) {
    const chosen = await surveyed(() => pagesOf(opened.places.stores, { filter: filterOf(opened, flags), limit }, opened.stop));
    if (chosen.count === 0) requireSink(opened, flags);
    return chosen;
  }
  const named: FoundPage[] = [];
  for (const id of new Set(ids)) named.push(await ownLetter(opened, id));
  return surveyed(() => named);
}

function checkChoice(ids: readonly string[], flags: ChangeFlags): void {
  requireIds(ids);
  if (ids.length > 0 && (isNarrowed(flags) || flags.limit !== undefined))
    throw new CliError(2, 'Ids and filters exclude each other. Nothing was done. Name the letters, or say which they are.');
}

/** Says what would be done; true: it shall be. */
async function agreed(
  io: CliIo,
  { count, codes }: Chosen,
  doing: { readonly verb: string; readonly flags: ChangeFlags; readonly stop: AbortSignal },
): Promise<boolean> {
  const { verb, flags, stop } = doing;
  const byCode = Object.entries(codes).sort(([, left], [, right]) => right - left);
  const plan = byCode.map(([code, of]) => `  ${of} × ${code}\n`).join('');
  if (flags.dryRun === true) {
    await io.out(flags.json === true ? jsonText({ dryRun: true, letters: count, codes }) : `Would ${verb} ${lettersText(count)}.\n${plan}`);
    return false;
  }
  if (count > 0 && (await confirmed(io, flags, `${plan}${verb.charAt(0).toUpperCase()}${verb.slice(1)} ${lettersText(count)}?`, stop))) return true;
  await io.out(flags.json === true ? jsonText({ letters: 0 }) : count === 0 ? 'No dead letter.\n' : 'Nothing was done.\n');
  return false;
}

/** 3 when a letter stays: it failed again, or the configuration leaves it out. */
export async function replayLetters(io: CliIo, ids: readonly string[], flags: ChangeFlags): Promise<ExitCode> {
  checkChoice(ids, flags);
  if (flags.dryRun !== true) requireAnswer(io, flags, '`dlq replay`');
  return withPlaces<ExitCode>(io, flags, async (opened) => {
    const { config, places, machine, stop } = opened;
    const chosen = await choose(opened, ids, flags);
    if (!(await agreed(io, chosen, { verb: 'replay', flags, stop }))) return 0;
    const { createReplayer } = await import('../dead-letters/replay.ts');
    const progress = createProgress(io, 'Replaying');
    const told = new Set<string>();
    const onWaiting = (sink: string): void => {
      if (!told.has(sink)) io.err(`Sink ${sink} does not answer. It is waited for up to a minute.\n`);
      told.add(sink);
    };
    const replayer = createReplayer({ config, sinks: places.sinks, machine, signal: stop, onWaiting });
    const onProgress = (replayed: number) => progress.at(replayed, chosen.count);
    try {
      const report = await runReplay(chosen.pages(), { replayer, machine, worker: `dlq replay on ${io.hostname}`, signal: stop, onProgress });
      progress.end();
      await io.out(flags.json === true ? jsonText({ ...report, changes: replayer.counts }) : replayText(report, replayer.counts));
      return report.failed + report.filtered === 0 ? 0 : 3;
    } finally {
      progress.end();
      replayer.end();
    }
  });
}

export async function discardLetters(io: CliIo, ids: readonly string[], flags: ChangeFlags & { readonly all?: boolean }): Promise<ExitCode> {
  checkChoice(ids, flags);
  if (ids.length === 0 && !isNarrowed(flags) && flags.all !== true)
    throw new CliError(2, 'Which letters? Nothing was done. Name ids, or say --sink, --code or --since, or --all.');
  if (flags.dryRun !== true) requireAnswer(io, flags, '`dlq discard`');
  return withPlaces<ExitCode>(io, flags, async (opened) => {
    const chosen = await choose(opened, ids, flags);
    if (!(await agreed(io, chosen, { verb: 'discard', flags, stop: opened.stop }))) return 0;
    let discarded = 0;
    for await (const { place, letters } of chosen.pages()) {
      const gone = letters.map(({ id }) => id);
      discarded += await place.store.discard(gone, opened.stop);
    }
    await io.out(flags.json === true ? jsonText({ discarded }) : `${lettersText(discarded)} discarded.\n`);
    return 0;
  });
}
