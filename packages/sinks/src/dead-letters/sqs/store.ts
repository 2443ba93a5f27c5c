// Dead letters as messages of an SQS queue, and what of a store a queue can be. It knows no worker.
import type { Timers } from '../../ports.ts';
import type { DeadLetter } from '../../types.ts';
import { letterFromJson } from '../json.ts';
import { firstOfEachId } from '../once.ts';
import type { DeadLetterPlace, OnUnreadable } from '../place.ts';
import { bodyOf } from './body.ts';
import { createHand } from './hand.ts';
import { createQueue, gaveUp, type SqsAccess } from './queue.ts';

export interface SqsDeadLettersOptions extends SqsAccess {
  readonly timers: Timers;
  readonly onUnreadable: OnUnreadable;
}

/** Of one call, ten messages each: no loop goes on for ever in a queue that is filled faster than it is read. */
const maxReceipts = 1_000;
const messagesPerReceipt = 10;
/** `close` does not wait longer for what nobody needs. */
const closeTimeoutMs = 5_000;

function compareIds(left: DeadLetter, right: DeadLetter): number {
  return left.id < right.id ? -1 : 1;
}

/**
 * A queue is no table. What it cannot do:
 * - Order: `page` receives whatever the queue gives, and sorts that by id. Without `after` it begins anew; with any `after` it goes
 *   on, so that paging with the last id until a page is empty meets every letter that nobody else has in hand.
 * - Show without taking: what was received is hidden from everyone else for five minutes, or until `close`, a page from the
 *   beginning or `discard`. Each receipt counts for the queue's redrive policy, which may move a letter away.
 * - Find: `find` and `discard` look among the letters in hand, then receive up to 10,000 others and let go of those they do not want.
 * - Keep one of each id: a standard queue keeps two when a letter is put twice (here they are one again when both are received); a FIFO
 *   queue drops the second within five minutes, also when the first was discarded meanwhile.
 * - Count exactly: `count` is the sum of three numbers that SQS calls approximate.
 * - Keep large letters: one above the queue's MaximumMessageSize is packed (`raw_gzip`), then goes without `event`. One whose record is
 *   too large even so (SQS takes 1 MiB at most, a record of Kinesis may have as much before it is written as base64) goes without the
 *   record: `raw_omitted` is its size, and `raw` a sentence that names its place in the stream, which has it until its retention ends.
 *   Such a letter cannot be replayed; where records are that large, keep dead letters in S3, in a file or in a table.
 * Needs sqs:SendMessage, ReceiveMessage, DeleteMessage, ChangeMessageVisibility and GetQueueAttributes.
 */
export function createSqsDeadLetters({ timers, onUnreadable, ...access }: SqsDeadLettersOptions): DeadLetterPlace {
  const queue = createQueue(access);
  const hand = createHand();

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

  /** Takes the letters of these ids into the hand, as far as the queue has them. */
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

  return {
    open: async (signal) => {
      await queue.maxBytes(signal);
    },
    async put(letters, signal) {
      if (letters.length === 0) return;
      const maxBytes = await queue.maxBytes(signal);
      const bodies = firstOfEachId(letters).map((letter) => bodyOf(letter, maxBytes, queue.name));
      await queue.send(bodies, maxBytes, signal);
    },
    count: (signal) => queue.count(signal),
    async page({ limit, after }, signal) {
      if (after === undefined) await letGo(hand.ids(), signal);
      const letters: DeadLetter[] = [];
      for (let receipts = 0; letters.length < limit && receipts < maxReceipts; receipts += 1) {
        const received = await receive(limit - letters.length, signal);
        if (received === undefined) break;
        letters.push(...received);
      }
      return letters.sort(compareIds);
    },
    async find(id, signal) {
      if (hand.get(id) === undefined) await search(new Set([id]), signal);
      return hand.get(id);
    },
    async discard(ids, signal) {
      await search(new Set(ids), signal);
      const handles = hand.release(ids);
      const removed = await queue.remove([...handles.values()].flat(), signal);
      return [...handles.values()].filter((all) => all.some((handle) => removed.has(handle))).length;
    },
    async close() {
      const patience = new AbortController();
      const cancel = timers.after(closeTimeoutMs, () => patience.abort());
      // Whatever fails here comes back by itself when its time is up.
      await letGo(hand.ids(), patience.signal).catch(() => undefined);
      cancel();
      await queue.close();
    },
  };
}
