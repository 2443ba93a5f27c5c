// What of a value may be shown. It knows no option.

export const hidden = '********';
const secretParameter = /^(password|passwd|pwd|token|secret|sslpassword)$/i;
/** A user's password in anything that looks like an address, whether it parses or not. */
const credentials = /(:\/\/[^/?#\s:]*):[^\s]*@/g;

/** A text with the passwords of addresses in it hidden. */
export function maskText(text: string): string {
  return text
    .replaceAll(credentials, `$1:${hidden}@`)
    .replaceAll(/([?&])([^=&\s]+)=([^&\s]*)/g, (whole, mark: string, name: string) => (secretParameter.test(name) ? `${mark}${name}=${hidden}` : whole));
}
