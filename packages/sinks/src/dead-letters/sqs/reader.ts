// Receives letters from a queue into the hand: the next ones, those of some ids, or those behind an id. It deletes and sends none.
import type { DeadLetter } from '../../types.ts';
import { letterFromJson } from '../json.ts';
import type { OnUnreadable } from '../place.ts';
import type { Hand } from './hand.ts';
import { gaveUp, type Queue } from './queue.ts';

/** Of one call, ten messages each: no loop goes on for ever in a queue that is filled faster than it is read. */
const maxReceipts = 1_000;
const messagesPerReceipt = 10;

function compareIds(left: DeadLetter, right: DeadLetter): number {
  return left.id < right.id ? -1 : 1;
}

export interface Reader {
  /** Others may have the letters of these ids again. */
  letGo(ids: Iterable<string>, signal: AbortSignal): Promise<void>;
  /** Takes the letters of these ids into the hand, as far as the queue has them. */
  search(ids: ReadonlySet<string>, signal: AbortSignal): Promise<void>;
  /** The first letters behind an id, whatever order the queue gives them in; the others are let go of. */
  behind(after: string, limit: number, signal: AbortSignal): Promise<DeadLetter[]>;
  /** Whatever the queue gives next. */
  next(limit: number, signal: AbortSignal): Promise<DeadLetter[]>;
}

export function createReader(queue: Queue, hand: Hand, onUnreadable: OnUnreadable): Reader {
  /** The letters of one receipt that were not in hand before; undefined when the queue has none to give. */
  async function receive(limit: number, signal: AbortSignal): Promise<readonly DeadLetter[] | undefined> {
    const messages = await queue.receive(limit, signal);
    if (messages.length === 0) return undefined;
    return messages.flatMap(({ text, handle }) => {
      const read = letterFromJson(text);
      if (read.kind === 'unreadable') {
        onUnreadable({ where: `a message of ${queue.name}`, reason: read.reason });
        return [];
      }
      return hand.take(read.letter, text.length, handle) ? [read.letter] : [];
    });
  }

  async function letGo(ids: Iterable<string>, signal: AbortSignal): Promise<void> {
    const handles = [...hand.release(ids).values()].flat();
    if (handles.length > 0) await queue.show(handles, signal);
  }

  async function search(ids: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const met: string[] = [];
    const missing = () => [...ids].some((id) => hand.get(id) === undefined);
    let ended = false;
    for (let receipts = 0; missing() && !ended && receipts < maxReceipts; receipts += 1) {
      const letters = await receive(messagesPerReceipt, signal);
      ended = letters === undefined;
      met.push(...(letters ?? []).map(({ id }) => id));
    }
    await letGo(
      met.filter((id) => !ids.has(id)),
      signal,
    );
    if (missing() && !ended) throw gaveUp(queue.name, maxReceipts * messagesPerReceipt);
  }

  async function behind(after: string, limit: number, signal: AbortSignal): Promise<DeadLetter[]> {
    await letGo(hand.ids(), signal);
    let first: DeadLetter[] = [];
    for (let receipts = 0; receipts < maxReceipts; receipts += 1) {
      const received = await receive(messagesPerReceipt, signal);
      if (received === undefined) break;
      first = [...first, ...received.filter(({ id }) => id > after)].sort(compareIds).slice(0, limit);
    }
    const ids = new Set(first.map(({ id }) => id));
    await letGo(
      hand.ids().filter((id) => !ids.has(id)),
      signal,
    );
    return first;
  }

  async function next(limit: number, signal: AbortSignal): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    for (let receipts = 0; letters.length < limit && receipts < maxReceipts; receipts += 1) {
      const received = await receive(limit - letters.length, signal);
      if (received === undefined) break;
      letters.push(...received);
    }
    return letters.sort(compareIds);
  }

  return { letGo, search, behind, next };
}
