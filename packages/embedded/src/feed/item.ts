// A DynamoDB item as its change records write it. It knows no table.

/** An attribute value: exactly one of DynamoDB's ten types. Binary is base64 text; numbers are in normal form, all digits written out. */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: string }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly M: { readonly [name: string]: AttributeValue } }
  | { readonly L: readonly AttributeValue[] }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly string[] };

export type Item = { readonly [name: string]: AttributeValue };

/** About what AWS counts as the item's size: UTF-8 names and values. */
export const sizeBytes = (item: Item): number => Buffer.byteLength(JSON.stringify(item));
