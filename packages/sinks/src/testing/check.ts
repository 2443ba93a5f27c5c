// How laws compare: rows by value whatever a server's way to write them, reports by what the server can tell. It knows no sink.
import assert from 'node:assert/strict';
import { ExactNumber, type Image, normalNumber, type TextPolicy, type Version, valuesToJsonText, valueToJson } from '@shardfold/changes';
import type { Mutation, TargetTable, WriteReport } from '../types.ts';
import type { Trial } from './law.ts';
import type { StoredRow } from './stored-row.ts';

/** A row as it must stand. */
export interface WantedRow {
  readonly key: readonly string[];
  readonly data: Image;
  readonly version: Version;
  /** False when absent. */
  readonly deleted?: boolean;
  /** None when absent. */
  readonly partial?: Readonly<Record<string, Version>>;
}

type Numbers = TextPolicy['numbers'];

const numberText = /^-?\d+(?:\.\d+)?$/;

/** Where a server keeps as text what a double cannot hold, text and number are one: a column of its own may hold it exactly. */
function isNumberAsText(text: string): boolean {
  return numberText.test(text) && valueToJson(new ExactNumber(text), { numbers: 'double-or-text' }).startsWith('"');
}

/** The members of a JSON object, as a comparison wants them: numbers by their digits, so that none is rounded on the way. */
export function exactMembers(json: string, numbers: Numbers = 'exact'): ReadonlyMap<string, unknown> {
  const byDigits = (_name: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value === 'number') return new ExactNumber(normalNumber(context?.source ?? String(value)));
    return numbers === 'double-or-text' && typeof value === 'string' && isNumberAsText(value) ? new ExactNumber(normalNumber(value)) : value;
  };
  return new Map(Object.entries(JSON.parse(json, byDigits) as object));
}

/** A column has no word for null but to be empty, and the key's columns are there whatever the row says. */
function comparable(json: string, { layout, key }: TargetTable, numbers: Numbers): unknown {
  const members = [...exactMembers(json, numbers)].filter(
    ([name, value]) => layout === 'document' || (value !== null && !key.some((part) => part.name === name)),
  );
  return new Map(members);
}

function plainVersion({ time, seq }: Version): string {
  return `${time} ${BigInt(seq)}`;
}

function plainPartial(partial: string | null): Record<string, string> {
  const versions = Object.entries(JSON.parse(partial ?? '{}') as Record<string, readonly [number, string]>);
  return Object.fromEntries(versions.map(([name, [time, seq]]) => [name, plainVersion({ time, seq })]));
}

function byKey(left: { readonly key: string }, right: { readonly key: string }): number {
  return left.key < right.key ? -1 : left.key > right.key ? 1 : 0;
}

interface ComparableRow extends Pick<StoredRow, 'deleted'> {
  readonly key: string;
  readonly data: unknown;
  readonly version: string;
  readonly partial: Readonly<Record<string, string>>;
}

function foundRow(row: StoredRow, target: TargetTable, numbers: Numbers): ComparableRow {
  const { key, data, version, deleted, partial } = row;
  return { key: JSON.stringify(key), data: comparable(data, target, numbers), version: plainVersion(version), deleted, partial: plainPartial(partial) };
}

function wantedRow({ key, data, version, deleted = false, partial = {} }: WantedRow, target: TargetTable, policy: TextPolicy): ComparableRow {
  const versions = Object.entries(partial).map(([name, { time, seq }]) => [name, [time, seq]]);
  const row: StoredRow = { key, data: valuesToJsonText(data, policy), version, deleted, partial: JSON.stringify(Object.fromEntries(versions)) };
  return foundRow(row, target, policy.numbers);
}

/** Fails unless the table holds exactly these rows. */
export async function assertRows(trial: Trial, target: TargetTable, wanted: readonly WantedRow[], message?: string): Promise<void> {
  const policy = { numbers: trial.traits.numbers, drop: [], rename: {} };
  const found = (await trial.rows(target)).map((row) => foundRow(row, target, policy.numbers)).sort(byKey);
  const rows = wanted.map((row) => wantedRow(row, target, policy)).sort(byKey);
  assert.deepEqual(
    found.map(({ key }) => key),
    rows.map(({ key }) => key),
    message === undefined ? undefined : `${message}: other keys`,
  );
  for (const [index, row] of rows.entries()) assert.deepEqual(found[index], row, message === undefined ? undefined : differing(message, found[index], row));
}

function differing(message: string, found: unknown, wanted: unknown): string {
  const shown = (row: unknown): string => JSON.stringify(row, (_name, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value));
  return `${message}: found ${shown(found)}, wanted ${shown(wanted)}`;
}

/** Fails unless the report says this of a group, as far as the server can tell; `rejected` are indexes. */
export function assertReport(
  { traits }: Pick<Trial, 'traits'>,
  report: WriteReport,
  wanted: { readonly applied?: number; readonly superseded?: number; readonly rejected?: readonly number[] },
  message?: string,
): void {
  const { applied = 0, superseded = 0, rejected = [] } = wanted;
  assert.deepEqual(
    report.rejected.map(({ index }) => index).sort((left, right) => left - right),
    rejected,
    message,
  );
  for (const { error } of report.rejected) assert.ok(error.code.length > 0 && error.message.length > 0, message);
  if (traits.reports === 'exact') {
    assert.deepEqual(
      { applied: report.applied, superseded: report.superseded, unresolved: report.unresolved },
      { applied, superseded, unresolved: 0 },
      message,
    );
    return;
  }
  assert.equal(report.applied + report.superseded + report.unresolved, applied + superseded, message);
  assert.ok(report.applied <= applied && report.superseded <= superseded, message ?? 'The report claims more than is true.');
}

/** Fails unless the report accounts for every mutation of the group, and none was refused. */
export function assertAccounted(report: WriteReport, group: readonly Mutation[]): void {
  assert.deepEqual(report.rejected, []);
  assert.equal(report.applied + report.superseded + report.unresolved, group.length);
}
