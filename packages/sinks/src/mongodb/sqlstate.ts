// What FerretDB says by number where it passes on PostgreSQL's own errors. It sorts none of them.

const digits = '0123456789';
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Six bits of a packed SQLSTATE, counted from the digit 0. */
function character(bits: number): string {
  const text = String.fromCharCode(bits + digits.charCodeAt(0));
  return digits.includes(text) || letters.includes(text) ? text : '';
}

/**
 * Errors of documents in a bulk come as PostgreSQL packs its SQLSTATEs, six bits a character, the first one lowest: 53100 is 4293.
 * Undefined for what cannot be one, as most of MongoDB's own numbers, which FerretDB uses too where it has translated the error.
 */
export function packedState(code: number): string | undefined {
  if (!Number.isSafeInteger(code) || code < 0 || code >= 2 ** 30) return undefined;
  const state = [0, 6, 12, 18, 24].map((shift) => character((code >> shift) & 63)).join('');
  return state.length === 5 ? state : undefined;
}
