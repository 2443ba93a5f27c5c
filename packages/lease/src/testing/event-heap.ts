// Events in the order of their time, and of their making where the times are equal; thousands of them cost no more than a few.
// It knows no clock and runs nothing.

export interface HeapEvent {
  dueMs: number;
  order: number;
  /** A cancelled event stays in the heap until its turn comes, or until there are more of its kind than others. */
  state: 'apart' | 'queued' | 'cancelled';
}

export interface EventHeap<Event extends HeapEvent> {
  /** Of an event that is apart. */
  push(event: Event): void;
  /** The earliest event, if it is due by then; it is taken out. */
  popDue(untilMs: number): Event | undefined;
  /** Of an event in the heap, or apart, which is only marked. */
  cancel(event: Event): void;
  /** Takes out all events that are chosen and not cancelled. */
  extract(chosen: (event: Event) => boolean): Event[];
  /** Events that are neither taken out nor cancelled. */
  size(): number;
}

/** Below this many cancelled events, clearing them away costs more than it saves. */
const fewCancelled = 256;

function before(left: HeapEvent, right: HeapEvent): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order);
}

function siftDown<Event extends HeapEvent>(events: Event[], from: number): void {
  const event = events[from];
  if (event === undefined) return;
  let at = from;
  for (;;) {
    let childAt = 2 * at + 1;
    let child = events[childAt];
    if (child === undefined) break;
    const right = events[childAt + 1];
    if (right !== undefined && before(right, child)) [childAt, child] = [childAt + 1, right];
    if (!before(child, event)) break;
    events[at] = child;
    at = childAt;
  }
  events[at] = event;
}

export function createEventHeap<Event extends HeapEvent>(): EventHeap<Event> {
  let events: Event[] = [];
  let cancelled = 0;

  function rebuild(kept: Event[]): void {
    events = kept;
    cancelled = 0;
    for (let at = (events.length >> 1) - 1; at >= 0; at -= 1) siftDown(events, at);
  }

  function pop(): Event | undefined {
    const first = events[0];
    const last = events.pop();
    if (last !== undefined && last !== first) {
      events[0] = last;
      siftDown(events, 0);
    }
    return first;
  }

  return {
    push(event) {
      let at = events.length;
      while (at > 0) {
        const parentAt = (at - 1) >> 1;
        const parent = events[parentAt];
        if (parent === undefined || !before(event, parent)) break;
        events[at] = parent;
        at = parentAt;
      }
      events[at] = event;
      event.state = 'queued';
    },
    popDue(untilMs) {
      for (let first = events[0]; first !== undefined && (first.state === 'cancelled' || first.dueMs <= untilMs); first = events[0]) {
        pop();
        if (first.state === 'queued') {
          first.state = 'apart';
          return first;
        }
        cancelled -= 1;
      }
      return undefined;
    },
    cancel(event) {
      const inside = event.state === 'queued';
      event.state = 'cancelled';
      if (!inside) return;
      cancelled += 1;
      if (cancelled > fewCancelled && cancelled * 2 > events.length) rebuild(events.filter((other) => other.state === 'queued'));
    },
    extract(chosen) {
      const out = events.filter((event) => event.state === 'queued' && chosen(event));
      for (const event of out) event.state = 'apart';
      if (out.length > 0) rebuild(events.filter((event) => event.state === 'queued'));
      return out;
    },
    size: () => events.length - cancelled,
  };
}
