// The Java workers of a world: who there is, who comes and goes.
import type { World } from '../world.ts';
import { type JavaWorker, startJavaWorker } from './worker.ts';

export interface JavaFleet {
  readonly world: World;
  readonly workers: JavaWorker[];
}

const maxRunning = 2;

export function runningJava({ workers }: JavaFleet): readonly JavaWorker[] {
  return workers.filter((worker) => worker.running);
}

export function createJavaFleet(world: World): JavaFleet {
  return { world, workers: [] };
}

export function joinJava(fleet: JavaFleet, name = `java${fleet.workers.length}`): JavaWorker | undefined {
  if (runningJava(fleet).length >= maxRunning) return undefined;
  const worker = startJavaWorker(fleet.world, name);
  fleet.workers.push(worker);
  return worker;
}

/** It leaves its rows as they are. */
export function stopJava(fleet: JavaFleet): void {
  const worker = fleet.world.chance.pick(runningJava(fleet));
  if (worker === undefined) return;
  worker.running = false;
  fleet.world.note(worker.name, 'java stops');
}

export function stopAllJava(fleet: JavaFleet): void {
  while (runningJava(fleet).length > 0) stopJava(fleet);
}
