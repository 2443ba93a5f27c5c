// What of a value may be shown. It knows no option.

export const hidden = '********';
const secretParameter = /pass|pwd|secret|token|properties$|^sslkey$/i;
/** A user's password in anything that looks like an address, whether it parses or not. */
const credentials = /(:\/\/[^/?#\s:]*):[^\s]*@/g;
const parameters = /([?&])([^=&\s]+)=([^&\s]*)/g;
/** A whole query, and nothing that merely has a question mark in it: a password may. */
const wholeQuery = /^[\w.-]+=[^&]*(?:&[\w.-]+=[^&]*)*$/;

/** Shorter ones are words that messages need, such as a host's name. */
const minSecretLength = 6;
const maxSecrets = 200;
/** The secrets of this process. What is secret in one place is so in every text, whoever wrote it: a driver, a server, a shard's error. */
const known = new Set<string>();

/** From now on `maskText` hides this text wherever it stands. */
export function hideAlways(secret: string): void {
  if (secret.length >= minSecretLength && known.size < maxSecrets) known.add(secret);
}

function hideParameters(text: string): string {
  return text.replaceAll(parameters, (whole, mark: string, name: string) => (secretParameter.test(name) ? `${mark}${name}=${hidden}` : whole));
}

/** A text with the passwords of addresses in it, and every known secret, hidden. */
export function maskText(text: string): string {
  let shown = text;
  for (const secret of known) shown = shown.replaceAll(secret, hidden);
  return hideParameters(shown.replaceAll(credentials, `$1:${hidden}@`));
}

interface Parts {
  /** With `://`. */
  readonly scheme: string;
  readonly user: string;
  /** As it is written; undefined: there is none. */
  readonly password: string | undefined;
  readonly rest: string;
  readonly query: string | undefined;
}

/** Whatever stands before the last `@` is taken for who logs in: a password with signs in it that no address may have is still one. */
function partsOf(address: string): Parts | undefined {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(address)?.[0];
  if (scheme === undefined) return undefined;
  const body = address.slice(scheme.length);
  const mark = body.indexOf('?');
  const query = mark >= 0 && wholeQuery.test(body.slice(mark + 1)) ? body.slice(mark + 1) : undefined;
  const before = query === undefined ? body : body.slice(0, mark);
  const at = before.lastIndexOf('@');
  const login = before.slice(0, Math.max(0, at));
  const user = /^[^:/?#\s]*/.exec(login)?.[0] ?? '';
  return { scheme, user, password: login === user ? undefined : login.slice(user.length + 1), rest: before.slice(at + 1), query };
}

/** An address of a database, of which only what is no secret is shown, however it is written. */
export function maskAddress(address: string): string {
  const parts = partsOf(address);
  if (parts === undefined) return maskText(address);
  const { scheme, user, password, rest, query } = parts;
  const login = password === undefined ? user : `${user}:${hidden}`;
  return `${scheme}${login === '' ? '' : `${login}@`}${rest}${query === undefined ? '' : hideParameters(`?${query}`)}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What of an address is secret, as it is written there and as it is meant. Texts that the address shows elsewhere are none. */
export function secretsOfAddress(address: string): readonly string[] {
  const parts = partsOf(address);
  if (parts === undefined) return [];
  const { user, password, rest, query = '' } = parts;
  const values = [...`?${query}`.matchAll(parameters)].flatMap(([, , name, value]) => (secretParameter.test(name ?? '') && value !== undefined ? [value] : []));
  const shown = decoded(`${user} ${rest}`);
  const secrets = [...(password === undefined ? [] : [password]), ...values].flatMap((secret) => [secret, decoded(secret)]);
  return [...new Set(secrets)].filter((secret) => secret !== '' && !shown.includes(secret));
}
