// A place in a stream as people write it: trim-horizon, latest, a time, a sequence number. It asks no stream.
import type { Aim } from '@shardfold/consumer';
import { isoTime } from '../config/schema.ts';
import { CliError } from './io.ts';

const sequence = /^\d{1,128}$/;
const forms = {
  'trim-horizon': 'trim-horizon',
  latest: 'latest',
  timestamp: 'a time with its zone such as 2026-11-01T00:00:00Z',
  sequence: 'a sequence number',
} as const satisfies Record<Aim['kind'], string>;

function aimOf(text: string): Aim | undefined {
  if (text === 'trim-horizon' || text === 'latest') return { kind: text };
  if (sequence.test(text)) return { kind: 'sequence', sequence: text };
  const atMs = isoTime.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : { kind: 'timestamp', atMs };
}

const isOneOf = <Kind extends Aim['kind']>(aim: Aim, kinds: readonly Kind[]): aim is Extract<Aim, { kind: Kind }> =>
  (kinds as readonly string[]).includes(aim.kind);

/** Throws `CliError` 2 for what is no place, no place of these kinds, or a time that has not come. */
export function parseAim<Kind extends Aim['kind']>(flag: string, text: string, kinds: readonly Kind[], nowMs: number): Extract<Aim, { kind: Kind }> {
  const aim = aimOf(text);
  if (aim === undefined || !isOneOf(aim, kinds))
    throw new CliError(2, `${flag} ${text}: write ${kinds.map((kind) => forms[kind]).join(', or ')}. Nothing was done.`);
  const place: Aim = aim;
  if (place.kind === 'timestamp' && place.atMs > nowMs) throw new CliError(2, `${flag} ${text} lies in the future. Nothing was done. Name an earlier time.`);
  return aim;
}
