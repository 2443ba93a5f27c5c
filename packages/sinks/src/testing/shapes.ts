// One law over several shapes of a table: each has a table of its own in the same database, for making databases is slow. It
// knows no law.
import type { TargetTable } from '../types.ts';
import type { Law, Trial } from './law.ts';
import { target } from './material.ts';

export type Shape = Pick<TargetTable, 'layout' | 'deletes' | 'patches'>;

/** A target of the shape; its table's name is made of this one. */
export type Named = (name: string, change?: Partial<TargetTable>) => TargetTable;

/** Every layout with these deletes, with or without room for patches. */
export function shapesOf(deletes: readonly TargetTable['deletes'][], patches: boolean): readonly Shape[] {
  return (['document', 'columns'] as const).flatMap((layout) => deletes.map((each) => ({ layout, deletes: each, patches })));
}

function shapeText({ layout, deletes, patches }: Shape): string {
  return `${layout}, ${deletes} deletes, ${patches ? 'patches' : 'no patches'}`;
}

async function tryShape(trial: Trial, shape: Shape, holds: (trial: Trial, named: Named) => Promise<void>): Promise<void> {
  const suffix = `${shape.layout}_${shape.deletes}_${shape.patches ? 'patches' : 'plain'}`;
  try {
    await holds(trial, (name, change) => target(`${name}_${suffix}`, { ...shape, ...change }));
  } catch (error) {
    if (error instanceof Error) error.message = `${shapeText(shape)}: ${error.message}`;
    throw error;
  }
}

/** A law that is tried on each shape whose layout the server has. */
export function overShapes(name: string, shapes: readonly Shape[], holds: (trial: Trial, named: Named) => Promise<void>): Law {
  return {
    name,
    concerns: ({ layouts }) => shapes.some(({ layout }) => layouts.includes(layout)),
    async holds(trial) {
      for (const shape of shapes.filter(({ layout }) => trial.traits.layouts.includes(layout))) await tryShape(trial, shape, holds);
    },
  };
}
