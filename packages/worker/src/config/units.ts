// Durations and sizes as people write them. It knows no option.

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** `10s`, `1.5h`: a number and one unit of ms, s, m, h, d. */
export const durationPattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
/** `4MiB`, `512KB`: a number and one unit of B, KB, MB, GB, KiB, MiB, GiB. */
export const sizePattern = /^(\d+(?:\.\d+)?)(B|KB|MB|GB|KiB|MiB|GiB)$/;

function parse(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  const [, number, unit] = pattern.exec(text) ?? [];
  const factor = units[unit ?? ''];
  if (number === undefined || factor === undefined) return undefined;
  const value = Math.round(Number(number) * factor);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Milliseconds, or undefined when the text is no duration. */
export function parseDurationMs(text: string): number | undefined {
  return parse(text, durationPattern, durationUnits);
}

/** Bytes, or undefined when the text is no size. */
export function parseSizeBytes(text: string): number | undefined {
  return parse(text, sizePattern, sizeUnits);
}
