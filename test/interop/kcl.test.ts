// Our workers and those of the Java KCL on one lease table: nothing is lost, whoever comes, goes, takes or shares.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { until } from '../support/until.ts';
import { type AnyWorker, lossesOf, processedBy, startsOf } from './support/account.ts';
import { type Bed, makeBed } from './support/bed.ts';
import type { KclVersion } from './support/kcl-worker.ts';
import { checkpointsIn, sharesIn } from './support/lease-rows.ts';
import { type Rig, startRig } from './support/rig.ts';

/** Several JVMs start at once on a small machine, and a stopped 3.x fleet is watched for more than a minute. */
const patienceMs = 150_000;

let rig: Rig | { readonly skipped: string } = { skipped: 'it was not looked for' };

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  rig = await startRig();
  if ('skipped' in rig && process.env.CI === 'true') throw new Error(`CI requires the Java KCL: ${rig.skipped}`);
});

afterAll(async () => {
  if ('stop' in rig) await rig.stop();
  vi.unstubAllEnvs();
});

/** A test on a stream and a lease table of its own. `play` answers with what is worth telling. */
function scenario(title: string, shards: number, play: (bed: Bed) => Promise<string>): void {
  test.concurrent(title, async (context) => {
    if ('skipped' in rig) return context.skip(`the Java KCL is not to be had: ${rig.skipped}`);
    const bed = await makeBed(rig, shards);
    try {
      await context.annotate(await play(bed));
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${bed.story()}`, { cause: error });
    } finally {
      await bed.end();
    }
  });
}

/** No further record comes, and every one that came was processed; says how many twice. */
async function nothingLost(bed: Bed): Promise<string> {
  await bed.enough();
  await until('every record to be processed by somebody', () => bed.missing().length === 0, patienceMs);
  return `${bed.repeats()} of ${bed.sent()} records came twice`;
}

async function moreFrom(worker: AnyWorker, records: number): Promise<void> {
  const already = processedBy(worker).length;
  await until(`${records} more records for ${worker.name}`, () => processedBy(worker).length >= already + records, patienceMs);
}

async function owns(bed: Bed, owner: string, leases: number): Promise<void> {
  await until(`${owner} to have ${leases} leases`, async () => sharesIn(await bed.rows()).get(owner) === leases, patienceMs);
}

/** Every shard's position is a record by now: whoever goes on from there has not begun anew. */
async function allBegun(bed: Bed): Promise<void> {
  await until('a position in each shard', async () => (await bed.rows()).every((row) => /^\d+$/.test(row.checkpoint)), patienceMs);
}

function weGoOn(version: KclVersion): void {
  scenario(`we go on from what ${version} left`, 2, async (bed) => {
    const java = bed.java(version, 'java');
    await owns(bed, 'java', 2);
    await allBegun(bed);
    await java.stop();
    const left = checkpointsIn(await bed.rows());
    const ours = bed.ours('ours');
    await moreFrom(ours, 40);
    const told = await nothingLost(bed);
    expect(startsOf(ours)).toEqual(left);
    expect(java.errors).toEqual([]);
    return told;
  });
}

function javaGoesOn(version: KclVersion): void {
  scenario(`${version} goes on from what we left, and we again from what it left`, 2, async (bed) => {
    const ours = bed.ours('ours');
    await owns(bed, 'ours', 2);
    await allBegun(bed);
    expect(await ours.stop()).toEqual({ clean: true });
    const left = checkpointsIn(await bed.rows());
    const java = bed.java(version, 'java');
    await moreFrom(java, 40);
    await java.stop();
    const leftAgain = checkpointsIn(await bed.rows());
    await bed.adopt();
    const back = bed.ours('back');
    await moreFrom(back, 40);
    const told = await nothingLost(bed);
    expect(startsOf(java)).toEqual(left);
    expect(startsOf(back)).toEqual(leftAgain);
    expect(back.events.map((event) => event.kind)).not.toContain('peers-watched');
    expect(java.errors).toEqual([]);
    return told;
  });
}

// What takes longest comes first: a few run at once.
weGoOn('3.5.1');

scenario('3.5.1 starts beside us: we keep what we hold and take nothing more', 2, async (bed) => {
  const ours = bed.ours('ours');
  await owns(bed, 'ours', 2);
  await moreFrom(ours, 20);
  const java = bed.java('3.5.1', 'java');
  await until('us to see its leader', () => ours.events.some((event) => event.kind === 'peers-appeared'), patienceMs);
  await moreFrom(ours, 20);
  expect(lossesOf(ours)).toEqual([]);
  expect(processedBy(java)).toEqual([]);
  expect(await ours.stop()).toEqual({ clean: true });
  await moreFrom(java, 40);
  const told = await nothingLost(bed);
  expect(java.errors).toEqual([]);
  return told;
});

scenario('beside a live leader of 3.5.1 we refuse', 2, async (bed) => {
  const java = bed.java('3.5.1', 'java');
  await owns(bed, 'java', 2);
  const ours = bed.ours('ours');
  const taken = () => ours.events.filter((event) => event.kind === 'lease-taken');
  await until('us to refuse or to take', () => ours.failure() !== undefined || taken().length > 0, patienceMs);
  expect(ours.failure()).toMatchObject({ code: 'HELD_BY_OTHERS' });
  expect(taken()).toEqual([]);
  await moreFrom(java, 20);
  const told = await nothingLost(bed);
  expect(java.errors).toEqual([]);
  return told;
});

scenario('beside a live 2.7.2 worker each has its share', 4, async (bed) => {
  const java = bed.java('2.7.2', 'java');
  await owns(bed, 'java', 4);
  await allBegun(bed);
  const ours = bed.ours('ours');
  await owns(bed, 'ours', 2);
  // So long that Java has looked for leases to take once more.
  await Promise.all([moreFrom(ours, 200), moreFrom(java, 200)]);
  expect(sharesIn(await bed.rows())).toEqual(
    new Map([
      ['java', 2],
      ['ours', 2],
    ]),
  );
  expect(await ours.stop()).toEqual({ clean: true });
  await owns(bed, 'java', 4);
  await moreFrom(java, 40);
  const told = await nothingLost(bed);
  expect(java.errors).toEqual([]);
  return told;
});

weGoOn('2.7.2');
javaGoesOn('3.5.1');

scenario('2.7.2 takes during our hand-over', 8, async (bed) => {
  const gate = Promise.withResolvers<void>();
  const donor = bed.ours('donor', { gate: gate.promise });
  await owns(bed, 'donor', 8);
  const asker = bed.ours('asker');
  const asked = () => asker.events.flatMap((event) => (event.kind === 'lease-requested' ? [event.key] : []));
  await until('the asker to have asked for its share', () => asked().length === 4, patienceMs);
  // It wants four of the eight and takes them at once. Which ones is chance: that it takes none of the four asked for, 1 in 70.
  const java = bed.java('2.7.2', 'java', { steal: 4 });
  await owns(bed, 'java', 4);
  const hit = (await bed.rows()).filter((row) => row.owner === 'java' && asked().includes(row.shard)).length;
  gate.resolve();
  const shares = async () => [...sharesIn(await bed.rows()).values()];
  await until('all three to have their share', async () => (await shares()).filter((share) => share >= 2).length === 3, patienceMs);
  await Promise.all([donor, asker, java].map((worker) => moreFrom(worker, 20)));
  const told = await nothingLost(bed);
  expect(java.errors).toEqual([]);
  return `${told}; ${hit} of the leases it took were being handed over`;
});

scenario("2.7.2 starts under our worker's name", 4, async (bed) => {
  const ours = bed.ours('same');
  await owns(bed, 'same', 4);
  await moreFrom(ours, 20);
  const java = bed.java('2.7.2', 'same');
  await until('us to lose what it renews', () => lossesOf(ours).length > 0, patienceMs);
  await until('us to have a share again', () => ours.held().length === 2, patienceMs);
  await Promise.all([moreFrom(ours, 40), moreFrom(java, 40)]);
  await java.stop();
  await until('us to have all again', () => ours.held().length === 4, patienceMs);
  const told = await nothingLost(bed);
  expect(java.errors).toEqual([]);
  return told;
});

javaGoesOn('2.7.2');
