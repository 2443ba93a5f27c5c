// Java where nobody should have put it: under the name of a worker of ours, or led by a 3.x leader that hands out our leases.

import { tableName } from '../process.ts';
import type { World } from '../world.ts';
import { type JavaFleet, joinJava } from './fleet.ts';
import { assignPair, javaRow } from './rows.ts';
import { javaCall } from './table.ts';
import { awaitPair } from './worker.ts';

export function startNamesake(world: World, fleet: JavaFleet): void {
  const name = world.chance.pick(world.running())?.name;
  if (name !== undefined) joinJava(fleet, name);
}

/** The leader picks a lease that one of ours has, and a Java worker that shall have it. */
export function startPair(world: World, fleet: JavaFleet): void {
  const items = world.database.table(tableName)?.items() ?? [];
  const names = new Set(world.running().map((worker) => worker.name));
  const item = world.chance.pick(
    items.filter((one) => names.has(one.leaseOwner?.S ?? '') && one.checkpoint?.S !== 'SHARD_END' && one.checkpointOwner === undefined),
  );
  if (item === undefined) return;
  const worker = fleet.workers.find((one) => one.running && !names.has(one.name)) ?? joinJava(fleet);
  if (worker === undefined) return;
  const row = javaRow(item);
  javaCall(world, 'leader', assignPair(row, worker.name), ({ applied }) => {
    if (applied) awaitPair(worker, row.key);
  });
}
