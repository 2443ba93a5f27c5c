// Times functions against each other: all play in turn in each round, so that a busy moment of the machine is everybody's; medians.
// It knows no record.

const warmUpRounds = 3;

/** One of those that are compared. `run` returns what it has seen, so that nothing of it can be left out. */
export interface Player<Given> {
  readonly name: string;
  run(given: Given): number;
}

export interface Timed {
  /** A call; the median of the rounds. */
  readonly nanoseconds: number;
  /** How many times as long as the first player in the same round; the median. */
  readonly ofFirst: number;
}

function nanosecondsOf<Given>({ name, run }: Player<Given>, given: readonly Given[], times: number): number {
  let seen = 0;
  const start = process.hrtime.bigint();
  for (let at = 0; at < times; at += 1) {
    const one = given[at % given.length];
    if (one !== undefined) seen += run(one);
  }
  const elapsed = Number(process.hrtime.bigint() - start);
  if (!(seen > 0)) throw new Error(`${name} has read nothing.`);
  return elapsed / times;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** What each player takes for one of these, in the players' order. `times`: how many a player reads in a round. */
export function timed<Given>(
  players: readonly Player<Given>[],
  given: readonly Given[],
  { rounds, times }: { readonly rounds: number; readonly times: number },
): readonly Timed[] {
  const played: number[][] = [];
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    const taken = players.map((player) => nanosecondsOf(player, given, times));
    if (round >= 0) played.push(taken);
  }
  return players.map((_, at) => ({
    nanoseconds: median(played.map((taken) => taken[at] ?? Number.NaN)),
    ofFirst: median(played.map((taken) => (taken[at] ?? Number.NaN) / (taken[0] ?? Number.NaN))),
  }));
}
