// Binary values and their base64 text (RFC 4648, with padding). The one place that needs Node's Buffer.

const foreign = /[^A-Za-z0-9+/]/;
/** Last characters that leave no stray bit: with them a value has one text only. */
const beforeOnePad = 'AEIMQUYcgkosw048';
const beforeTwoPads = 'AQgw';

/** Whether the text is the base64 of some bytes, padding and all. Looks at each character once, whatever the text. */
export function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const end = text.search(foreign);
  if (end === -1) return true;
  const pads = text.slice(end);
  if (pads === '=') return beforeOnePad.includes(text.charAt(end - 1));
  return pads === '==' && beforeTwoPads.includes(text.charAt(end - 1));
}

export function bytesOfBase64(text: string): Uint8Array {
  // Copied: a small Buffer is a view of a pool that it would keep alive.
  return new Uint8Array(Buffer.from(text, 'base64'));
}

export function base64OfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
