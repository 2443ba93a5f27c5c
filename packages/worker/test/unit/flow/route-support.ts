// A change for the tests of the router, and what one rule makes of it. It asserts nothing.
import { ExactNumber, type RowChange } from '@shardfold/changes';
import { rowOf } from '@shardfold/sinks/testing';
import type { TableConfig } from '../../../src/config/config.ts';
import { createRouter, type Routed } from '../../../src/flow/route.ts';
import { record, rowChange, tableConfig } from './support.ts';

export const image = { id: 1, name: 'Ann', total: new ExactNumber('1.50') };
export const inserted = rowChange({ after: rowOf(image) });

export function route(rule: Partial<TableConfig>, event: Partial<RowChange> = {}): Routed {
  return createRouter([tableConfig(rule)])({ ...inserted, ...event }, record());
}

export function written(routed: Routed) {
  if (routed.kind !== 'write') throw new Error(`It is ${routed.kind}.`);
  return routed;
}
