// What the demo's line says, read from the workers' metrics. It knows only the names that every dashboard knows.

export interface Totals {
  readonly applied: number;
  readonly superseded: number;
  readonly behindMs: number;
}

export const noTotals: Totals = { applied: 0, superseded: 0, behindMs: 0 };

export function addTotals(a: Totals, b: Totals): Totals {
  return { applied: a.applied + b.applied, superseded: a.superseded + b.superseded, behindMs: Math.max(a.behindMs, b.behindMs) };
}

/** Prometheus text to totals: counters add up, the lag is the worst shard's. */
export function totalsOf(text: string): Totals {
  let totals = noTotals;
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ');
    const value = Number(line.slice(at + 1));
    if (line.startsWith('shardfold_changes_total{') && line.includes('outcome="applied"')) totals = addTotals(totals, { ...noTotals, applied: value });
    if (line.startsWith('shardfold_changes_total{') && line.includes('outcome="superseded"')) totals = addTotals(totals, { ...noTotals, superseded: value });
    if (line.startsWith('shardfold_shard_behind_latest_seconds{')) totals = addTotals(totals, { ...noTotals, behindMs: value * 1000 });
  }
  return totals;
}

/** A worker that does not answer (it may just be ending) counts as nothing. */
export async function readTotals(url: string, signal: AbortSignal): Promise<Totals> {
  try {
    const answer = await fetch(`${url}/metrics`, { signal });
    return totalsOf(await answer.text());
  } catch {
    return noTotals;
  }
}
