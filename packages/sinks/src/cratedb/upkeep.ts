// What goes over whole tables: truncation and sweeping. It lands no group; the order of steps is told in write.ts. Whatever it
// takes it has found by a scan, and takes on condition that nothing has changed since.
import type { Version } from '@shardfold/changes';
import { SinkError, type SweepReport } from '../types.ts';
import { refresh, sendBulk } from './bulk.ts';
import { quoted } from './names.ts';
import { newReport, type SlowContext, settle } from './slow.ts';
import { deadVersion, removeStatement, seqText, updateStatement, wholeVersion } from './statements.ts';
import { atMost, boundArgs, keyOfAnswer, keySelection, type Place, readFloor } from './states.ts';

const pageRows = 5_000;
/** Rows that a sweep takes of each sort. */
const maxSwept = 20_000;
/** Scans in a row of which every one found rows that somebody else changed before they could be taken. */
const maxRounds = 100;

interface Condition {
  readonly sql: string;
  readonly args: readonly string[];
}

interface Found {
  readonly key: readonly string[];
  readonly place: Place;
}

/** Hands on rows page by page, in the order of their keys as texts. Sees what was refreshed. */
async function eachPage(
  { connection, shape, signal }: SlowContext,
  condition: Condition,
  maxRows: number,
  use: (page: readonly Found[]) => Promise<void>,
): Promise<void> {
  const keys = shape.key.map(({ name }) => `${quoted(name)}::TEXT`);
  let after: readonly string[] | undefined;
  for (let seen = 0; seen < maxRows; seen += pageRows) {
    // (a, b) > (?, ?), which the server does not know.
    const onward = keys.map((key, index) => [...keys.slice(0, index).map((equal) => `${equal} = ?`), `${key} > ?`].join(' AND ')).join(' OR ');
    const onwardArgs = after === undefined ? [] : keys.flatMap((_, index) => after?.slice(0, index + 1) ?? []);
    const { rows } = await connection.ask(
      `SELECT ${[...keySelection(shape), '"_seq_no"', '"_primary_term"', ...keys].join(', ')} FROM ${shape.rows} WHERE ${condition.sql}${after === undefined ? '' : ` AND (${onward})`} ORDER BY ${keys.join(', ')} LIMIT ${pageRows}`,
      signal,
      [...condition.args, ...onwardArgs],
      'long',
    );
    await use(rows.map((values) => ({ key: keyOfAnswer(shape, values), place: [String(values[keys.length]), String(values[keys.length + 1])] })));
    if (rows.length < pageRows) return;
    after = rows
      .at(-1)
      ?.slice(keys.length + 2)
      .map((text) => JSON.stringify(text));
  }
}

interface Taking {
  readonly condition: Condition;
  readonly statement: string;
  readonly maxRows: number;
}

/** Runs the statement for every row that fits, until a scan finds none that somebody changed meanwhile. Answers how many. */
async function take(context: SlowContext, { condition, statement, maxRows }: Taking): Promise<number> {
  const { connection, shape, signal } = context;
  let taken = 0;
  for (let round = 0; round < maxRounds; round += 1) {
    let conflicts = 0;
    await refresh({ connection, table: shape.rows, signal });
    await eachPage(context, condition, maxRows, async (page) => {
      const outcomes = await sendBulk({ connection, table: shape.rows, statement, signal }, page, ({ key, place }) => [...key, ...place]);
      for (const { kind } of outcomes.values()) {
        if (kind === 'changed') taken += 1;
        else conflicts += 1;
      }
    });
    if (conflicts === 0) return taken;
  }
  throw new SinkError('SINK_BUSY', `CrateDB: other writers changed the same rows ${maxRounds} times in a row. It is retried.`, { retryable: true });
}

const everything = Number.POSITIVE_INFINITY;

/** Rows without patches, and with a whole row at or below the floor: they go, or are flagged. */
function takingRows({ shape }: SlowContext, floor: Version, maxRows: number): Taking {
  const whole = atMost(wholeVersion(shape));
  const unpatched = shape.patches ? ` AND ${quoted(shape.names.partial)} IS NULL` : '';
  const deleted = quoted(shape.names.deleted);
  if (!shape.soft) return { condition: { sql: `${whole}${unpatched}`, args: boundArgs(floor) }, statement: removeStatement(shape), maxRows };
  return {
    condition: { sql: `${whole}${unpatched} AND NOT coalesce(${deleted}, false)`, args: boundArgs(floor) },
    statement: updateStatement(shape, [shape.names.deleted]).replace('?', 'true'),
    maxRows,
  };
}

/** Keys of which only a delete is left, at or below the floor. */
function takingGraves({ shape }: SlowContext, floor: Version): Taking {
  return {
    condition: { sql: `${quoted(shape.names.time)} IS NULL AND ${atMost(deadVersion(shape))}`, args: boundArgs(floor) },
    statement: removeStatement(shape),
    maxRows: everything,
  };
}

/** Rows with patches: what of them the floor outranks. */
async function settlePatched(context: SlowContext, floor: Version, maxRows: number): Promise<number> {
  const { shape, connection, signal } = context;
  if (!shape.patches) return 0;
  const report = newReport();
  await refresh({ connection, table: shape.rows, signal });
  const condition = { sql: `${quoted(shape.names.partial)} IS NOT NULL AND ${atMost(wholeVersion(shape))}`, args: boundArgs(floor) };
  await eachPage(context, condition, maxRows, (page) =>
    settle(
      context,
      page.map(({ key }) => ({ key })),
      report,
    ),
  );
  return report.buried.size;
}

async function buryBelow(context: SlowContext, floor: Version, maxRows: number): Promise<number> {
  const taken = await take(context, takingRows(context, floor, maxRows));
  return taken + (await settlePatched(context, floor, maxRows));
}

/** Raises the floor if it is lower. Throws `SinkError`. */
export async function raiseFloor(
  { connection, shape, signal, nowMs }: Pick<SlowContext, 'connection' | 'shape' | 'signal' | 'nowMs'>,
  before: Version,
): Promise<void> {
  const higher = '(excluded."cdc_time" > "cdc_time" OR excluded."cdc_time" = "cdc_time" AND excluded."cdc_seq" > "cdc_seq")';
  const sets = ['cdc_time', 'cdc_seq', 'raised_at'].map((name) => `"${name}" = CASE WHEN ${higher} THEN excluded."${name}" ELSE "${name}" END`);
  const { rowCount } = await connection.ask(
    `INSERT INTO ${shape.floors} ("target", "cdc_time", "cdc_seq", "raised_at") VALUES (?, ?, ?, ?) ON CONFLICT ("target") DO UPDATE SET ${sets.join(', ')}`,
    signal,
    [JSON.stringify(shape.floorName), String(before.time), `"${seqText(before.seq)}"`, String(nowMs)],
  );
  if (rowCount !== 1)
    throw new SinkError('SINK_BUSY', 'CrateDB: the floor of a truncation was not stored. It is retried. Look whether a node stops or starts.', {
      retryable: true,
    });
}

/** Throws `SinkError` and `ColumnsChanged`. */
export async function truncateRows(context: SlowContext, before: Version): Promise<void> {
  await raiseFloor(context, before);
  await buryBelow(context, before, everything);
  await take(context, takingGraves(context, before));
}

/** One bounded round. Throws `SinkError` and `ColumnsChanged`. */
export async function sweepRows(context: SlowContext, retentionMs: number): Promise<SweepReport> {
  const { shape, nowMs } = context;
  const floor = await readFloor(context);
  const healed = floor === undefined ? 0 : await buryBelow(context, floor, maxSwept);
  const forgotten = await take(context, {
    condition: { sql: `${quoted(shape.names.time)} IS NULL AND ${quoted(shape.dead.at)} <= ?`, args: [String(nowMs - retentionMs)] },
    statement: removeStatement(shape),
    maxRows: maxSwept,
  });
  return { healed, forgotten };
}
