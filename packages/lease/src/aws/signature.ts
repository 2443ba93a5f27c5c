// AWS's Signature Version 4 of a POST to the root of an endpoint. It knows what is signed and how; whose keys they are, and when, it
// is told. (Facts: "Create a signed AWS API request", IAM User Guide.)
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

/** Where a signature counts. */
export interface Scope {
  readonly region: string;
  readonly service: string;
}

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Names in small letters; `x-amz-date` and `host` are among them. All of them are signed. */
export type SignedHeaders = Readonly<Record<string, string>> & { readonly host: string; readonly 'x-amz-date': string };

/** Gives the value of the header `authorization`. */
export type Signer = (keys: Keys, headers: SignedHeaders, body: Uint8Array | string) => string;

const algorithm = 'AWS4-HMAC-SHA256';
const scopeEnd = 'aws4_request';

const hmac = (key: KeyObject | Uint8Array | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** `20261121T120000Z` of milliseconds since 1970. */
export function amzDate(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '');
}

function canonical(value: string): string {
  return value.trim().replace(/\s+/g, ' ');
}

export function createSigner({ region, service }: Scope): Signer {
  /** Good for a day. As an object: making one of bytes takes longer than what is done with it. */
  let kept: { readonly secret: string; readonly day: string; readonly key: KeyObject } | undefined;

  function keyFor(secret: string, day: string): KeyObject {
    if (kept?.secret === secret && kept.day === day) return kept.key;
    const key = createSecretKey([region, service, scopeEnd].reduce(hmac, hmac(`AWS4${secret}`, day)));
    kept = { secret, day, key };
    return key;
  }

  return ({ accessKeyId, secretAccessKey }, headers, body) => {
    const date = headers['x-amz-date'];
    const day = date.slice(0, 8);
    const names = Object.keys(headers).sort();
    const lines = names.map((name) => `${name}:${canonical(headers[name] ?? '')}\n`).join('');
    const signed = names.join(';');
    const scope = `${day}/${region}/${service}/${scopeEnd}`;
    const request = `POST\n/\n\n${lines}\n${signed}\n${hash('sha256', body)}`;
    const signature = hmac(keyFor(secretAccessKey, day), `${algorithm}\n${date}\n${scope}\n${hash('sha256', request)}`).toString('hex');
    return `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
  };
}
