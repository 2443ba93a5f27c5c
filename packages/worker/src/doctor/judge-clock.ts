// Judges this machine's clock against that of a server that answered. Pure.
import type { Finding } from './finding.ts';

export interface ClockFacts {
  /** What the server said, and when its answer was here, both since 1970. */
  readonly serverMs: number;
  readonly ownMs: number;
}

/** A `Date` header has whole seconds, and its answer was under way. */
const unnoticedMs = 3_000;
/** AWS refuses signatures that are five minutes away. */
const refusedMs = 300_000;
const secondMs = 1_000;

/** The server's own second counts as its middle. */
export function judgeClock(facts: ClockFacts | undefined): readonly Finding[] {
  if (facts === undefined) return [];
  const skewMs = facts.ownMs - facts.serverMs - secondMs / 2;
  const size = Math.abs(skewMs);
  if (size <= unnoticedMs) return [{ id: 'clock', severity: 'ok', what: "This machine's clock agrees with the server's." }];
  const what = `This machine's clock is ${Math.round(size / secondMs)} s ${skewMs > 0 ? 'ahead of' : 'behind'} the server's.`;
  const harm = size >= refusedMs / 2 ? 'AWS refuses requests that are 5 minutes off.' : 'Lags are shown wrong by as much; leases do not depend on it.';
  return [
    { id: 'clock.skew', severity: size >= refusedMs / 2 ? 'fault' : 'warning', what: `${what} ${harm}`, remedy: 'Set the clock of this machine; run NTP.' },
  ];
}
