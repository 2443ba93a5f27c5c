// What a scenario stands on: a stream into which records keep coming, a lease table of its own, and workers of ours and of the Java
// KCL that are gone afterwards. It makes no claims.
import { awsClients, createStream } from '@shardfold/embedded';
import { type AnyWorker, processedBy, storyOf } from './account.ts';
import { type KclVersion, type KclWorker, startKclWorker } from './kcl-worker.ts';
import { adopt, type LeaseRow, leaseRows } from './lease-rows.ts';
import { type OurWorker, startOurWorker } from './our-worker.ts';
import { startPouring } from './pour.ts';
import type { Rig } from './rig.ts';

/** Lease duration of ours, fail-over time of Java's: they must be equal. */
const durationMs = 6_000;

export interface Bed {
  ours(worker: string, more?: { readonly gate?: Promise<void> }): OurWorker;
  /** `steal`: how many leases of others it takes at once at most. */
  java(version: KclVersion, worker: string, more?: { readonly steal?: number }): KclWorker;
  rows(): Promise<readonly LeaseRow[]>;
  adopt(): Promise<void>;
  /** No further record comes. */
  enough(): Promise<void>;
  /** How many records came. */
  sent(): number;
  /** Data of records that came and that nobody has processed. */
  missing(): readonly string[];
  /** How often a record was processed that somebody had processed already. */
  repeats(): number;
  /** What each worker did, for a test that failed. */
  story(): string;
  end(): Promise<void>;
}

let beds = 0;

export async function makeBed(rig: Rig, shards: number): Promise<Bed> {
  beds += 1;
  const { kinesisUrl, dynamoUrl } = rig;
  const stream = `interop-${process.pid}-${beds}`;
  const common = { application: `app-${stream}`, stream, kinesisUrl, dynamoUrl };
  await createStream({ url: kinesisUrl, name: stream, shards });
  const pour = startPouring(kinesisUrl, stream);
  const clients = awsClients(dynamoUrl);
  const ours: OurWorker[] = [];
  const javas: KclWorker[] = [];
  const workers = (): readonly AnyWorker[] => [...ours, ...javas];
  return {
    ours(worker, more = {}) {
      const started = startOurWorker({ ...common, ...more, worker, durationMs });
      ours.push(started);
      return started;
    },
    java(version, worker, more = {}) {
      const started = startKclWorker({ ...common, ...more, worker, classpath: rig.classpaths[version], failoverMs: durationMs });
      javas.push(started);
      return started;
    },
    rows: () => leaseRows(clients.dynamo, common.application),
    adopt: () => adopt(dynamoUrl, common.application),
    enough: () => pour.stop(),
    sent: () => pour.sent(),
    missing() {
      const all = new Set(workers().flatMap(processedBy));
      return Array.from({ length: pour.sent() }, (_, number) => String(number)).filter((number) => !all.has(number));
    },
    repeats() {
      const all = workers().flatMap(processedBy);
      return all.length - new Set(all).size;
    },
    story: () => workers().map(storyOf).join('\n'),
    async end() {
      await pour.stop().catch(() => undefined);
      // What the test found is worth more than how a worker ends afterwards.
      await Promise.allSettled([...javas.map((worker) => worker.kill()), ...ours.map((worker) => worker.stop())]);
      clients.destroy();
    },
  };
}
