// Numbers as people read them. Pure; the worker says its problems in the same words.

const kibi = 1_024;
const mebi = 1_048_576;

/** `–`: not known. */
export function count(value: number | null): string {
  if (value === null) return '–';
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Math.round(value * 10) / 10);
}

/** `isMore`: nobody counted on. */
export function keptText(kept: number, isMore: boolean): string {
  return `${count(kept)}${isMore ? '+' : ''}`;
}

export function bytes(value: number): string {
  if (value >= mebi) return `${count(value / mebi)} MiB`;
  return value >= kibi ? `${count(value / kibi)} KiB` : `${Math.round(value)} B`;
}

/** A stretch of time in its largest sensible unit. */
export function span(ms: number | null): string {
  if (ms === null) return '–';
  const seconds = ms / 1_000;
  if (seconds < 0.95) return '0 s';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** A duration of a round trip: tenths matter below ten milliseconds. */
export function millis(ms: number | null): string {
  if (ms === null) return '–';
  if (ms >= 1_000) return `${count(ms / 1_000)} s`;
  return ms < 10 ? `${Math.round(ms * 10) / 10} ms` : `${Math.round(ms)} ms`;
}

/** `1 shard`, `2 shards`. */
export function several(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

/** Its two ends, where the whole is too long for a cell. */
export function short(text: string, longest = 22): string {
  const end = Math.floor((longest - 1) * 0.6);
  return text.length > longest ? `${text.slice(0, longest - 1 - end)}…${text.slice(-end)}` : text;
}
