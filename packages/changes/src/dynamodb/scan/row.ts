// An item that stays text until somebody looks into it. It checks nothing: the item was gone over by `image.ts`.
import type { RowImage } from '../../types.ts';
import { attributeValues } from '../values.ts';
import { itemJson } from './plain-json.ts';
import type { ScannedItem } from './record.ts';

const cutBytes = 8;

/** `weight`: what the item's text keeps in memory, which is the text of the whole record, its numbers written out. */
export function textRow({ text, cuts }: ScannedItem, weight: number): RowImage {
  return { bytes: weight + cutBytes * (cuts?.length ?? 0), values: () => attributeValues(JSON.parse(text)), json: (policy) => itemJson(text, cuts, policy) };
}
