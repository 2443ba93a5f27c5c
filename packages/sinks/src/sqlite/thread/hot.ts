// The fast way of a group: row by row through prepared statements, inside one transaction that no other writer shares. What it
// reads stays so until the end, so it reads first and writes then.
import type { StatementSync } from 'node:sqlite';
import type { OpenFile } from './file.ts';
import type { HotOutcome, HotPart, HotPlan, HotRows, SqlValue } from './protocol.ts';

interface Prepared {
  readonly tombstone: StatementSync;
  readonly store: StatementSync;
  readonly patched: StatementSync | undefined;
  readonly outrank: StatementSync;
  readonly standing: StatementSync;
  readonly bury: StatementSync;
}

interface Round {
  readonly plan: HotPlan;
  readonly prepared: Prepared;
  readonly hasTombstones: boolean;
  /** The truncation's version, which outranks what is at or below it. */
  readonly floor: readonly [time: number, seq: string] | undefined;
}

function columnsChanged(file: OpenFile, { columns }: HotPlan): boolean {
  if (columns === undefined) return false;
  return file.prepare(columns.text).get(...columns.parameters)?.fingerprint !== columns.fingerprint;
}

function roundOf(file: OpenFile, plan: HotPlan): Round {
  const { texts, floorName } = plan;
  const floor = file.prepare(texts.floor).get(floorName);
  return {
    plan,
    prepared: {
      tombstone: file.prepare(texts.tombstone),
      store: file.prepare(texts.store),
      patched: texts.patched === undefined ? undefined : file.prepare(texts.patched),
      outrank: file.prepare(texts.outrank),
      standing: file.prepare(texts.standing),
      bury: file.prepare(texts.bury),
    },
    hasTombstones: file.prepare(texts.anyTombstone).get() !== undefined,
    floor: floor === undefined ? undefined : [Number(floor.floor_time), String(floor.floor_seq)],
  };
}

function isBelow(address: readonly SqlValue[], { floor, plan: { keyParts } }: Round): boolean {
  if (floor === undefined) return false;
  const [time, seq] = [Number(address[keyParts]), String(address[keyParts + 1])];
  return time < floor[0] || (time === floor[0] && seq <= floor[1]);
}

type Outcome = 'applied' | 'superseded' | 'left';

function patchedOrSuperseded(address: readonly SqlValue[], { plan: { keyParts }, prepared: { patched } }: Round): Outcome {
  return patched !== undefined && patched.get(...address.slice(0, keyParts)) !== undefined ? 'left' : 'superseded';
}

/** `row` begins with the address; with soft deletes there is room for the flag at its end. */
function put(address: readonly SqlValue[], row: SqlValue[], round: Round): Outcome {
  const { plan, prepared, hasTombstones } = round;
  const isDead = isBelow(address, round) || (hasTombstones && prepared.tombstone.get(...address) !== undefined);
  if (isDead && !plan.soft) return 'superseded';
  if (plan.soft) row[row.length - 1] = isDead ? 1 : 0;
  return prepared.store.run(...row).changes === 1 ? 'applied' : patchedOrSuperseded(address, round);
}

/** A delete that is older than the row leaves nothing behind. */
function remove(address: readonly SqlValue[], round: Round): Outcome {
  if (isBelow(address, round)) return 'superseded';
  const { prepared } = round;
  prepared.outrank.run(...address);
  if (prepared.standing.get(...address) !== undefined) return patchedOrSuperseded(address, round);
  return prepared.bury.run(...address).changes === 1 ? 'applied' : 'superseded';
}

/** Takes one row's values out of the lists, as many as there is room for: one array serves all rows. */
function take(lists: HotRows['parameters'], at: number, into: SqlValue[]): SqlValue[] {
  for (let part = 0; part < into.length; part += 1) into[part] = lists[part]?.[at] ?? null;
  return into;
}

/** What became of the rows of one kind, of all parts so far. */
interface Written {
  applied: number;
  readonly left: number[];
  count: number;
}

/** Places go on from one part to the next. */
function writeRows({ count, parameters }: HotRows, written: Written, write: (at: number, parameters: HotRows['parameters']) => Outcome): void {
  for (let at = 0; at < count; at += 1) {
    const outcome = write(at, parameters);
    if (outcome === 'applied') written.applied += 1;
    else if (outcome === 'left') written.left.push(written.count + at);
  }
  written.count += count;
}

/** Inside a transaction. Throws what SQLite throws, and what `parts` does. */
export function writeHot(file: OpenFile, plan: HotPlan, parts: Iterable<HotPart>): HotOutcome | 'columns-changed' {
  if (columnsChanged(file, plan)) return 'columns-changed';
  const round = roundOf(file, plan);
  const address = new Array<SqlValue>(plan.keyParts + 2).fill(null);
  const puts: Written = { applied: 0, left: [], count: 0 };
  const deletes: Written = { applied: 0, left: [], count: 0 };
  for (const part of parts) {
    const row = new Array<SqlValue>(part.puts.parameters.length + (plan.soft ? 1 : 0)).fill(null);
    writeRows(part.puts, puts, (at, lists) => put(take(lists, at, address), take(lists, at, row), round));
    writeRows(part.deletes, deletes, (at, lists) => remove(take(lists, at, address), round));
  }
  return { applied: puts.applied + deletes.applied, leftPuts: puts.left, leftDeletes: deletes.left };
}
