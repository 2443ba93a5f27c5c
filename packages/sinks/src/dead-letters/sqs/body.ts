// A letter as the body of a message, made to fit. It asks nothing.
import { type DeadLetter, SinkError } from '../../types.ts';
import { type LetterForm, letterToJson, wholeForm } from '../json.ts';

/** The first that fits is sent. */
const forms: readonly LetterForm[] = [
  wholeForm,
  { raw: 'gzip', event: true, texts: 'whole' },
  { raw: 'gzip', event: false, texts: 'whole' },
  // The stream has the record still, and one letter must not hold up the rest of its shard.
  { raw: 'omitted', event: true, texts: 'whole' },
  { raw: 'omitted', event: false, texts: 'whole' },
  { raw: 'omitted', event: false, texts: 'short' },
];

export interface Body {
  readonly id: string;
  readonly text: string;
  readonly bytes: number;
}

/** @param maxBytes what the queue takes. Throws `SinkError` where no form of the letter is that short. */
export function bodyOf(letter: DeadLetter, maxBytes: number, name: string): Body {
  let least = Number.POSITIVE_INFINITY;
  for (const form of forms) {
    const text = letterToJson(letter, form);
    const bytes = Buffer.byteLength(text);
    if (bytes <= maxBytes) return { id: letter.id, text, bytes };
    least = Math.min(least, bytes);
  }
  throw new SinkError(
    'SINK_UNEXPECTED',
    `${name}: dead letter ${letter.id} has ${least} bytes without its record, and the queue takes ${maxBytes}. It is kept nowhere. Raise the queue's MaximumMessageSize, or keep dead letters in S3, in a file or in a table.`,
    { retryable: false },
  );
}
