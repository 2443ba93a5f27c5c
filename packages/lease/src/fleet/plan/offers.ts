// What other workers could give to this one, and in which order it wants it. It does not decide whether anything moves.
import { byPreference } from '../rendezvous.ts';
import { type FleetView, type HeldView, isGivable, type WorkerView } from './fleet-view.ts';

/** What these workers can be asked for; who can give nothing now is left out. */
export function offersOf(fleet: FleetView, donors: ReadonlySet<WorkerView>): ReadonlyMap<WorkerView, readonly HeldView[]> {
  const offers = new Map<WorkerView, HeldView[]>();
  if (donors.size === 0) return offers;
  for (const view of fleet.rows) {
    if (!isGivable(fleet, view) || !donors.has(view.by)) continue;
    const offer = offers.get(view.by);
    if (offer === undefined) offers.set(view.by, [view]);
    else offer.push(view);
  }
  return offers;
}

/** Those it wants most first: two workers that ask one donor seldom want the same. */
export function preferred(me: WorkerView, offer: readonly HeldView[]): readonly HeldView[] {
  const order = byPreference(
    me.hash,
    offer.map((view) => view.row.key),
  );
  return order.flatMap((at) => offer[at] ?? []);
}
