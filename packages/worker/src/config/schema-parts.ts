// What the descriptions of `shardfold.yaml` are made of: lengths of time, sizes, addresses, names. It knows no option.
import { z } from 'zod';
import { durationPattern, parseDurationMs, parseSizeBytes, sizePattern } from './units.ts';

const durationRule = 'must be a number with a unit of ms, s, m, h or d';
const sizeRule = 'must be a number with a unit of B, KB, MB, GB, KiB, MiB or GiB';

/** What a value is, for the reference: the schemas themselves tell only what is wrong with one. */
export interface Sort {
  readonly name: string;
  readonly unit?: string;
  /** Both bounds are allowed. */
  readonly range?: { readonly min: string; readonly max: string };
}

export const sorts = z.registry<Sort>();

export function duration(range: { readonly min: string; readonly max: string }) {
  const [minMs, maxMs] = [parseDurationMs(range.min) ?? 0, parseDurationMs(range.max) ?? 0];
  return z
    .string({ error: durationRule })
    .regex(durationPattern, { error: durationRule })
    .superRefine((text, context) => {
      const ms = parseDurationMs(text);
      if (ms === undefined || (ms >= minMs && ms <= maxMs)) return;
      context.addIssue({
        code: 'custom',
        message: `must be from ${range.min} to ${range.max}`,
        params: { suggestion: `use ${ms < minMs ? range.min : range.max}` },
      });
    })
    .register(sorts, { name: 'duration', unit: 'ms, s, m, h or d', range });
}

export function size(range: { readonly min: string; readonly max: string }) {
  const [minBytes, maxBytes] = [parseSizeBytes(range.min) ?? 0, parseSizeBytes(range.max) ?? 0];
  return z
    .string({ error: sizeRule })
    .regex(sizePattern, { error: sizeRule })
    .superRefine((text, context) => {
      const bytes = parseSizeBytes(text);
      if (bytes === undefined || (bytes >= minBytes && bytes <= maxBytes)) return;
      context.addIssue({
        code: 'custom',
        message: `must be from ${range.min} to ${range.max}`,
        params: { suggestion: `use ${bytes < minBytes ? range.min : range.max}` },
      });
    })
    .register(sorts, { name: 'size', unit: 'B, KB, MB, GB, KiB, MiB or GiB', range });
}

export function url(protocols: RegExp, like: string) {
  return z
    .string()
    .superRefine((text, context) => {
      const parsed = URL.parse(text);
      if (parsed === null || !protocols.test(parsed.protocol))
        context.addIssue({ code: 'custom', message: 'must be an address', params: { suggestion: `for example ${like}` } });
    })
    .register(sorts, { name: 'address' });
}

export const endpoint = url(/^https?:$/, 'http://127.0.0.1:4566');
export const names = z.array(z.string().min(1));

/** `unit`: what is counted. */
export function whole(min: number, max: number, unit?: string) {
  const range = { min: String(min), max: String(max) };
  return z
    .int()
    .min(min)
    .max(max)
    .register(sorts, { name: 'whole number', range, ...(unit === undefined ? {} : { unit }) });
}
