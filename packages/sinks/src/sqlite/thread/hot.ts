// The fast way of a group: row by row through prepared statements, inside one transaction that no other writer shares. What it
// reads stays so until the end, so it reads first and writes then.
import type { StatementSync } from 'node:sqlite';
import type { OpenFile } from './file.ts';
import type { HotOrder, HotOutcome, HotParameters, HotPlan, SqlValue } from './protocol.ts';

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

function isBelow(parameters: HotParameters, { floor, plan: { keyParts } }: Round): boolean {
  if (floor === undefined) return false;
  const [time, seq] = [Number(parameters[keyParts]), String(parameters[keyParts + 1])];
  return time < floor[0] || (time === floor[0] && seq <= floor[1]);
}

type Outcome = 'applied' | 'superseded' | 'left';

function patchedOrSuperseded(key: readonly SqlValue[], { prepared: { patched } }: Round): Outcome {
  return patched !== undefined && patched.get(...key) !== undefined ? 'left' : 'superseded';
}

function put(parameters: HotParameters, round: Round): Outcome {
  const { plan, prepared, hasTombstones } = round;
  const isDead = isBelow(parameters, round) || (hasTombstones && prepared.tombstone.get(...parameters.slice(0, plan.keyParts + 2)) !== undefined);
  if (isDead && !plan.soft) return 'superseded';
  const stored = plan.soft ? prepared.store.run(...parameters, isDead ? 1 : 0) : prepared.store.run(...parameters);
  return stored.changes === 1 ? 'applied' : patchedOrSuperseded(parameters.slice(0, plan.keyParts), round);
}

/** A delete that is older than the row leaves nothing behind. */
function remove(address: HotParameters, round: Round): Outcome {
  if (isBelow(address, round)) return 'superseded';
  const { plan, prepared } = round;
  prepared.outrank.run(...address);
  if (prepared.standing.get(...address) !== undefined) return patchedOrSuperseded(address.slice(0, plan.keyParts), round);
  return prepared.bury.run(...address).changes === 1 ? 'applied' : 'superseded';
}

/** Inside a transaction. Throws what SQLite throws. */
export function writeHot(file: OpenFile, { plan, puts, deletes }: HotOrder): HotOutcome | 'columns-changed' {
  if (columnsChanged(file, plan)) return 'columns-changed';
  const round = roundOf(file, plan);
  let applied = 0;
  const leftPuts: number[] = [];
  const leftDeletes: number[] = [];
  for (const [index, parameters] of puts.entries()) {
    const outcome = put(parameters, round);
    if (outcome === 'applied') applied += 1;
    else if (outcome === 'left') leftPuts.push(index);
  }
  for (const [index, address] of deletes.entries()) {
    const outcome = remove(address, round);
    if (outcome === 'applied') applied += 1;
    else if (outcome === 'left') leftDeletes.push(index);
  }
  return { applied, leftPuts, leftDeletes };
}
