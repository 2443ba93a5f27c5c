// Binary values and their base64 text (RFC 4648, with padding). The one place that needs Node's Buffer.

const foreign = /[^A-Za-z0-9+/]/;

/** Whether the text is base64 with its padding. Looks at each character once, whatever the text. */
export function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const at = text.search(foreign);
  if (at === -1) return true;
  return text.slice(at) === (text.length - at === 2 ? '==' : '=');
}

export function bytesOfBase64(text: string): Uint8Array {
  // Copied: a small Buffer is a view of a pool that it would keep alive.
  return new Uint8Array(Buffer.from(text, 'base64'));
}

export function base64OfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
