// Rows as images: of values that are at hand, or of parsed JSON that is looked into when somebody asks. It knows no format.
import type { Image, RowImage } from '../types.ts';
import { valuesToJsonText } from './text.ts';

/** What V8 needs around each part of a row, in bytes, roughly. */
export const partWeight = 40;

/** `bytes` is about how much memory the values hold. */
export function imageOfValues(values: Image, bytes: number): RowImage {
  return { bytes, values: () => values, json: (policy) => valuesToJsonText(values, policy) };
}
