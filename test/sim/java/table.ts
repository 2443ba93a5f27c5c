// How a Java worker reaches the table: a quiet way of its own. What it writes is watched like every other write.
import type { Request } from '../database.ts';
import type { Item } from '../expressions.ts';
import { rowOf } from '../invariants/row.ts';
import { tableName } from '../process.ts';
import type { World } from '../world.ts';

export interface JavaAnswer {
  readonly applied: boolean;
  /** Of a read or an update; of a refused one, what stood in the way. */
  readonly item: Item | undefined;
  /** Of a scan: the leases in it. */
  readonly items: readonly Item[];
}

const minWayMs = 3;
const maxWayMs = 40;

/** Two events, as for everybody: it arrives, and its answer does. */
export function javaCall(world: World, name: string, request: Request, heard: (answer: JavaAnswer) => void): void {
  const { time, chance, database } = world;
  time.after(
    chance.between(minWayMs, maxWayMs),
    () => {
      const answer = carryOut(world, name, request);
      time.after(chance.between(minWayMs, maxWayMs), () => heard(answer), true);
    },
    true,
  );

  function carryOut({ tableWatch, fenceWatch, trace }: World, by: string, { operation, input }: Request): JavaAnswer {
    try {
      const { answer, landed } = database.carryOut({ operation, input }, { nowMs: time.nowMs(), lagMs: 0 });
      if (landed !== undefined && landed.table === tableName) {
        tableWatch.landed({ by: { name: by, label: by }, operation: 'java', key: landed.key, before: landed.before, after: landed.after });
        fenceWatch.javaLanded(landed.key);
        const row = landed.after === undefined ? undefined : rowOf(landed.after);
        trace.add({
          atMs: time.nowMs(),
          who: by,
          key: landed.key,
          event: `java ${input.UpdateExpression?.slice(0, 22) ?? operation}`,
          counter: String(row?.counter),
          position: row?.position,
        });
      }
      const shown = answer as { readonly Item?: Item; readonly Attributes?: Item; readonly Items?: readonly Item[] };
      return { applied: true, item: shown.Attributes ?? shown.Item, items: (shown.Items ?? []).filter((item) => item.leaseCounter !== undefined) };
    } catch (error) {
      return { applied: false, item: (error as { readonly Item?: Item }).Item, items: [] };
    }
  }
}
