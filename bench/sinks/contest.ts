// Several ways to write the same groups of rows, in turn and in one run, with one and two groups on their way at once: rows a second,
// each as a part of the first way's in the same round, and what a row costs client and server. It knows no database.
import { readdirSync, readFileSync } from 'node:fs';
import { ownCpuOf } from './own-cpu.ts';

export interface Player {
  /** Writes the group of this number; `lane` counts from 0, and has one group at a time. */
  write(group: number, lane: number): Promise<void>;
  close(): Promise<void>;
}

export interface Way {
  readonly name: string;
  /** @param round tells one opening from another */
  open(lanes: number, round: number): Promise<Player>;
}

export interface Contest {
  /** How many groups there are: the second half updates what the first half inserts, and begins when that is done. */
  readonly groups: number;
  readonly rows: number;
  readonly rounds: number;
  /** The others are compared with the first. */
  readonly ways: readonly Way[];
  /** What the server's processes have used so far; NaN where nobody can say. */
  serverSeconds(): number;
  /** Between two ways: a server whose data is in memory has room for one run's tables. */
  clear(): Promise<void>;
}

interface Measured {
  readonly rowsPerSecond: number;
  readonly clientMicros: number;
  readonly serverMicros: number;
}

const ticksPerSecond = 100;

/** Processor seconds of a process and of the children it has buried, and its parent; undefined: there is none. */
function processTimes(pid: string): { readonly parent: string; readonly seconds: number } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { parent: fields[1] ?? '', seconds: ticks / ticksPerSecond };
  } catch {
    return undefined;
  }
}

/** Of a process and all its children, with those that have ended. */
export function treeSeconds(root: string): number {
  let seconds = processTimes(root)?.seconds ?? Number.NaN;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const times = processTimes(pid);
    if (times?.parent === root) seconds += times.seconds;
  }
  return seconds;
}

/** The id of the process whose command line says so; undefined: none on this machine. */
export function processWith(matches: (command: readonly string[]) => boolean): string | undefined {
  return readdirSync('/proc').find((pid) => {
    try {
      return /^\d+$/.test(pid) && matches(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'));
    } catch {
      return false;
    }
  });
}

async function play(player: Player, lanes: number, { groups, rows, serverSeconds }: Contest): Promise<Measured> {
  const [startedMs, server, own] = [performance.now(), serverSeconds(), process.cpuUsage()];
  const half = Math.ceil(groups / 2);
  for (const [from, to] of [
    [0, half],
    [half, groups],
  ] as const) {
    let next = from;
    const lane = async (_: unknown, index: number): Promise<void> => {
      for (let group = next++; group < to; group = next++) await player.write(group, index);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }
  const cpu = process.cpuUsage(own);
  return {
    rowsPerSecond: rows / ((performance.now() - startedMs) / 1_000),
    clientMicros: (cpu.user + cpu.system) / rows,
    serverMicros: ((serverSeconds() - server) * 1e6) / rows,
  };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function line(lanes: number, name: string, measured: readonly Measured[], first: readonly Measured[]): string {
  const of = median(measured.map(({ rowsPerSecond }, round) => rowsPerSecond / (first[round]?.rowsPerSecond ?? Number.NaN)));
  const rate = Math.round(median(measured.map(({ rowsPerSecond }) => rowsPerSecond))).toLocaleString('en');
  const [client, server] = [median(measured.map(({ clientMicros }) => clientMicros)), median(measured.map(({ serverMicros }) => serverMicros))];
  return `| ${lanes} | ${name} | ${rate} | ${of.toFixed(2)} | ${client.toFixed(1)} | ${Number.isNaN(server) ? '' : server.toFixed(1)} |`;
}

/** One more round of the last way, the sink, for what its own code costs. */
async function tellOwnCpu(contest: Contest): Promise<void> {
  const sink = contest.ways.at(-1);
  if (sink === undefined) return;
  const player = await sink.open(1, 0);
  const { ownMicros, busyMicros } = await ownCpuOf(() => play(player, 1, contest));
  await player.close();
  await contest.clear();
  const perRow = (micros: number): string => (micros / contest.rows).toFixed(1);
  console.log(`\n${sink.name}, own code: ${perRow(ownMicros)} µs a row of the main thread's ${perRow(busyMicros)}; the rest is the driver, Node and garbage`);
}

/** Prints a table, medians over the rounds; the first round of all warms up. */
export async function contest(contest: Contest): Promise<void> {
  const { ways, rounds } = contest;
  console.log('| in flight | way | rows/s | of the first | client CPU, µs a row | server CPU, µs a row |\n| --- | --- | --- | --- | --- | --- |');
  for (const lanes of [1, 2]) {
    const results = ways.map((): Measured[] => []);
    for (let round = 0; round <= rounds; round += 1) {
      for (const [index, way] of ways.entries()) {
        const player = await way.open(lanes, round);
        const measured = await play(player, lanes, contest);
        await player.close();
        await contest.clear();
        if (round > 0) results[index]?.push(measured);
      }
    }
    for (const [index, { name }] of ways.entries()) console.log(line(lanes, name, results[index] ?? [], results[0] ?? []));
  }
  await tellOwnCpu(contest);
}
