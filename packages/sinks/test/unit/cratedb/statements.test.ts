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
    expect(putStatement(shape, [])).toContain(
      '"cdc_time" = CASE WHEN (excluded."cdc_time" > greatest("cdc_time", "cdc_deleted_time", -9007199254740992) OR ' +
        'excluded."cdc_time" = greatest("cdc_time", "cdc_deleted_time", -9007199254740992) AND ' +
        'excluded."cdc_seq" > CASE WHEN "cdc_deleted" THEN "cdc_deleted_seq" ELSE "cdc_seq" END) THEN excluded."cdc_time" ELSE "cdc_time" END',
    );
  });

  test('lets a replay write again where columns may have come, and a delete over its own version', () => {
    const again = /CASE WHEN "cdc_deleted" THEN excluded\."[a-z_]+" > "cdc_deleted_seq" ELSE excluded\."[a-z_]+" >= "cdc_seq" END/g;
    const columns = shapeOf(target('orders', { layout: 'columns' }), 'doc');
    expect(countOf(putStatement(shape, []), again)).toBe(0);
    expect(countOf(putStatement(columns, ['a']), again)).toBe(5);
    expect(countOf(deleteStatement(shape, []), again)).toBe(7);
  });
});
