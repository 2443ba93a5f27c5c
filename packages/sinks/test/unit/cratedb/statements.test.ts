// What the server is asked to do for each row: guards of few functions, for each costs it time with every row.
import { describe, expect, test } from 'vitest';
import { shapeOf } from '../../../src/cratedb/shape.ts';
import { deleteStatement, putStatement } from '../../../src/cratedb/statements.ts';
import { target } from '../../../src/testing/material.ts';

function countOf(statement: string, part: RegExp): number {
  return [...statement.matchAll(part)].length;
}

describe('the guard of hard deletes', () => {
  const shape = shapeOf(target('orders'), 'doc');

  test('is one comparison with the later one of two versions', () => {
    expect(putStatement(shape, [], 'kept')).toContain(
      '"cdc_time" = CASE WHEN (excluded."cdc_time" > greatest("cdc_time", "cdc_deleted_time", -9007199254740992) OR ' +
        'excluded."cdc_time" = greatest("cdc_time", "cdc_deleted_time", -9007199254740992) AND ' +
        'excluded."cdc_seq" > CASE WHEN "cdc_deleted" THEN "cdc_deleted_seq" ELSE "cdc_seq" END) THEN excluded."cdc_time" ELSE "cdc_time" END',
    );
  });

  test('lets a replay write again where columns may have come, and a delete over its own version', () => {
    const again = /CASE WHEN "cdc_deleted" THEN excluded\."[a-z_]+" > "cdc_deleted_seq" ELSE excluded\."[a-z_]+" >= "cdc_seq" END/g;
    const columns = shapeOf(target('orders', { layout: 'columns' }), 'doc');
    expect(countOf(putStatement(shape, [], 'kept'), again)).toBe(0);
    expect(countOf(putStatement(columns, ['a'], 'kept'), again)).toBe(5);
    expect(countOf(deleteStatement(shape, [], 'kept'), again)).toBe(7);
  });
});

describe('the statement that refuses rows', () => {
  const setsOf = (statement: string) => statement.split(' DO UPDATE SET ')[1];
  const shape = shapeOf(target('orders'), 'doc');

  test('has one guard, for living rows: a put is newer, also where it flags', () => {
    for (const deletes of ['hard', 'soft'] as const) {
      expect(setsOf(putStatement(shapeOf(target('orders', { deletes }), 'doc'), [], 'refused'))).toBe(
        '"cdc_time" = CASE WHEN "cdc_deleted" THEN excluded."cdc_time" / 0 WHEN excluded."cdc_time" > "cdc_time" THEN excluded."cdc_time" ' +
          'WHEN excluded."cdc_time" = "cdc_time" AND excluded."cdc_seq" > "cdc_seq" THEN excluded."cdc_time" ELSE excluded."cdc_time" / 0 END, ' +
          '"cdc_seq" = excluded."cdc_seq", "cdc_deleted" = false, "data" = excluded."data"',
      );
    }
  });

  test('lets a delete over its own version, and takes the content along', () => {
    expect(setsOf(deleteStatement(shape, [], 'refused'))).toBe(
      '"cdc_deleted_time" = CASE WHEN "cdc_deleted" THEN excluded."cdc_deleted_time" / 0 WHEN excluded."cdc_deleted_time" > "cdc_time" THEN excluded."cdc_deleted_time" ' +
        'WHEN excluded."cdc_deleted_time" = "cdc_time" AND excluded."cdc_deleted_seq" >= "cdc_seq" THEN excluded."cdc_deleted_time" ELSE excluded."cdc_deleted_time" / 0 END, ' +
        '"cdc_deleted_seq" = excluded."cdc_deleted_seq", "cdc_deleted_at" = excluded."cdc_deleted_at", "cdc_deleted" = true, "cdc_time" = NULL, "cdc_seq" = NULL, "data" = NULL',
    );
  });

  test('lets a replay write again where columns may have come', () => {
    const columns = shapeOf(target('orders', { layout: 'columns' }), 'doc');
    expect(setsOf(putStatement(columns, ['a', 'b'], 'refused'))).toContain('AND excluded."cdc_seq" >= "cdc_seq" THEN');
    expect(countOf(putStatement(columns, ['a', 'b'], 'refused'), /CASE/g)).toBe(1);
  });

  test('refuses a row with patches, whatever its version', () => {
    for (const statement of [putStatement({ ...shape, patches: true }, [], 'refused'), deleteStatement({ ...shape, patches: true }, [], 'refused')]) {
      expect(statement).toMatch(/SET "[a-z_]+" = CASE WHEN "cdc_partial" IS NOT NULL THEN excluded\."[a-z_]+" \/ 0 WHEN "cdc_deleted" THEN/);
    }
  });
});
