// Dead letters as messages of an SQS queue, and what of a store a queue can be. It knows no worker.
import type { Timers } from '../../ports.ts';
import { firstOfEachId } from '../once.ts';
import type { DeadLetterPlace, OnUnreadable } from '../place.ts';
import { bodyOf } from './body.ts';
import { createHand } from './hand.ts';
import { createQueue, type SqsAccess } from './queue.ts';
import { createReader } from './reader.ts';

export interface SqsDeadLettersOptions extends SqsAccess {
  readonly timers: Timers;
  readonly onUnreadable: OnUnreadable;
}

/** `close` does not wait longer for what nobody needs. */
const closeTimeoutMs = 5_000;

/**
 * A queue is no table. What it cannot do:
 * - Order: `page` receives whatever the queue gives, and sorts that by id. Without `after` it begins anew; with the last id of the page
 *   before it goes on, so that paging until a page is empty meets every letter that nobody else has in hand. With any other `after` it
 *   looks through up to 10,000 letters for those behind it.
 * - Show without taking: what was received is hidden from everyone else for five minutes, or until `close`, a page from the
 *   beginning or `discard`. Each receipt counts for the queue's redrive policy, which may move a letter away.
 * - Find: `find` and `discard` look among the letters in hand, then receive up to 10,000 others and let go of those they do not want.
 * - Keep one of each id: it keeps two when a letter is put twice (here they are one again when both are received); a FIFO queue drops
 *   the second within five minutes where it is the same in everything, also when the first was discarded meanwhile.
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
  const { letGo, search, behind, next } = createReader(queue, hand, onUnreadable);
  /** Where the last page ended. */
  let pagedTo: string | undefined;

  return {
    open: async (signal) => {
      await queue.maxBytes(signal);
    },
    async put(letters, signal) {
      if (letters.length === 0) return;
      const maxBytes = await queue.maxBytes(signal);
      try {
        const bodies = firstOfEachId(letters).map((letter) => bodyOf(letter, maxBytes, queue.name));
        await queue.send(bodies, maxBytes, signal);
      } catch (error) {
        queue.forgetMaxBytes();
        throw error;
      }
    },
    count: (signal) => queue.count(signal),
    async page({ limit, after }, signal) {
      if (after === undefined) await letGo(hand.ids(), signal);
      const goesOn = after === undefined || after === pagedTo;
      const letters = goesOn ? await next(limit, signal) : await behind(after, limit, signal);
      pagedTo = letters.at(-1)?.id;
      return letters;
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
