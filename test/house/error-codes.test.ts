// The catalogue of error codes knows those that no type lists: of the router, of replays and of rows that a sink itself refuses.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { routeCodes, rowCodes } from '../../scripts/reference/error-catalogue-records.ts';

const packages = fileURLToPath(new URL('../../packages/', import.meta.url));
const ofWholeSinks = /^(SINK|SQLITE)_/;

/** What stands where a code is made, by name of its field, its fault's constructor or its maker. */
function codesIn(pattern: string, made: RegExp): readonly string[] {
  const files = globSync(pattern, { cwd: packages }).filter((file) => !file.includes('/testing/') && !file.includes('/dead-letters/aws/'));
  const found = files.flatMap((file) => [...readFileSync(join(packages, file), 'utf8').matchAll(made)].map(([, code]) => code ?? ''));
  return [...new Set(found)].filter((code) => !ofWholeSinks.test(code)).sort();
}

test('every code of a row that a sink refuses', () => {
  const found = codesIn('sinks/src/**/*.ts', /(?:\bcode: (?:[^,\n]* \? )?|new (?:RowFault|Unstorable|UnstorableKey)\(\s*)'([A-Z][A-Z_]+)'/g);
  expect(found).toEqual(Object.keys(rowCodes).sort());
});

test('every code of the router and of replays', () => {
  const found = codesIn('worker/src/{flow,dead-letters}/*.ts', /(?:\bcode: |unroutable\(event, rule, )'([A-Z][A-Z_]+)'/g);
  expect(found).toEqual(Object.keys(routeCodes).sort());
});
