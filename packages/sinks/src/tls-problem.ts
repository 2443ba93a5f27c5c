// Whether what was thrown speaks of TLS: nobody's patience mends a certificate. It sorts nothing else.

const words = /certificate|altnames|SSL routines|ERR_TLS|ERR_SSL/i;

export function isTlsProblem(text: string): boolean {
  return words.test(text);
}
