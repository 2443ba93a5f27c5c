// Which seeds a run of the suite takes: those of every day, one (`SIM_SEED=123`), or others (`SIM_SEEDS=1000-2000`). It runs none.

/** So many seeds are one test. */
export const chunk = 50;

/** Undefined unless one seed is asked for. */
export const one = process.env.SIM_SEED;

/** Whether the seeds are those of every day. */
export const isEveryDay = one === undefined && process.env.SIM_SEEDS === undefined;

/** @param everyDay seeds from 1 on */
export function seedChunks(everyDay: number): { readonly last: number; readonly chunks: readonly number[] } {
  const range = one === undefined ? (process.env.SIM_SEEDS ?? `1-${everyDay}`) : `${one}-${one}`;
  const [first = 1, last = everyDay] = range.split('-').map(Number);
  return { last, chunks: Array.from({ length: Math.ceil((last - first + 1) / chunk) }, (_, at) => first + at * chunk) };
}
