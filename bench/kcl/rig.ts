// A stream, an application with an empty lease table behind a counting proxy, and the workers of one system on them. It knows
// no scenario.
import { setTimeout as sleep } from 'node:timers/promises';
import { createStream } from '@shardfold/embedded';
import { type CountingProxy, startCountingProxy } from './counting-proxy.ts';
import type { WorkerProcess } from './process.ts';
import type { System } from './systems.ts';
import { startTrickle } from './trickle.ts';

export interface Servers {
  readonly kinesisUrl: string;
  readonly dynamoUrl: string;
}

export interface Rig {
  readonly shards: number;
  readonly proxy: CountingProxy;
  start(): WorkerProcess;
  /** False when it has not come true within the limit. Throws when a worker ended by itself or the records stopped. */
  waitFor(check: () => boolean): Promise<boolean>;
}

/** The KCL has been seen to need five minutes to balance. */
const limitMs = 400_000;
const lookMs = 50;
/** Per shard; a single worker reads 64 of them from an emulator, so they get less. */
const trickleMs = (shards: number) => (shards > 8 ? 1_000 : 250);

let rigs = 0;

/** Whatever `play` started is gone when this resolves. */
export async function withRig<T>(system: System, servers: Servers, shards: number, play: (rig: Rig) => Promise<T>): Promise<T> {
  rigs += 1;
  const stream = `kcl-bench-${process.pid}-${rigs}`;
  await createStream({ url: servers.kinesisUrl, name: stream, shards });
  const proxy = await startCountingProxy(servers.dynamoUrl);
  const trickle = startTrickle(servers.kinesisUrl, stream, trickleMs(shards));
  const workers: WorkerProcess[] = [];
  const rig: Rig = {
    shards,
    proxy,
    start() {
      const place = { application: stream, stream, worker: `${stream}-${workers.length + 1}`, kinesisUrl: servers.kinesisUrl, dynamoUrl: proxy.url };
      const worker = system.start(place);
      workers.push(worker);
      return worker;
    },
    async waitFor(check) {
      const deadlineMs = performance.now() + limitMs;
      while (!check()) {
        trickle.assertRunning();
        for (const worker of workers) worker.assertAlive();
        if (performance.now() > deadlineMs) return false;
        await sleep(lookMs);
      }
      return true;
    },
  };
  try {
    return await play(rig);
  } finally {
    await Promise.all(workers.map((worker) => worker.end()));
    await trickle.stop();
    await proxy.stop();
  }
}
