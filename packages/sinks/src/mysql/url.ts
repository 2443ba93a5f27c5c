// The sink's url: what the driver is told, and what must not be said again. It connects nothing.
import type { ConnectionOptions } from 'mysql2';
import { SinkError } from '../types.ts';

const modes = ['disabled', 'required', 'verify-ca', 'verify-identity'] as const;
type Mode = (typeof modes)[number];

/** Files are named, not read. */
export interface TlsOptions {
  readonly mode: Exclude<Mode, 'disabled'>;
  readonly files: Readonly<Partial<Record<'ca' | 'cert' | 'key', string>>>;
}

export interface ParsedUrl {
  readonly options: Pick<ConnectionOptions, 'host' | 'port' | 'user' | 'password' | 'database' | 'socketPath'>;
  readonly tls: TlsOptions | undefined;
  /** Texts that no message may hold. */
  readonly secrets: readonly string[];
}

function refuse(problem: string, remedy: string): never {
  throw new SinkError('SINK_DENIED', `MySQL: ${problem}. Nothing was written. ${remedy}`, { retryable: false });
}

const form = 'Write it as mysql://user:password@host:port/database.';
const known = ['ssl-mode', 'ssl-ca', 'ssl-cert', 'ssl-key', 'socket'];

function tlsOf(parameters: URLSearchParams): TlsOptions | undefined {
  const file = (name: 'ca' | 'cert' | 'key') => {
    const path = parameters.get(`ssl-${name}`);
    return path === null ? {} : { [name]: path };
  };
  const files = { ...file('ca'), ...file('cert'), ...file('key') };
  const given = parameters.get('ssl-mode')?.toLowerCase().replace('_', '-');
  const mode = given ?? (Object.keys(files).length === 0 ? 'disabled' : 'verify-identity');
  const found = modes.find((one) => one === mode);
  if (found === undefined) return refuse('the url’s ssl-mode is none', `Choose one of ${modes.join(', ')}.`);
  return found === 'disabled' ? undefined : { mode: found, files };
}

/** Throws SINK_DENIED, without the url in its message. */
export function parseMysqlUrl(url: string): ParsedUrl {
  if (!URL.canParse(url)) return refuse('the url cannot be read', form);
  const { protocol, hostname, port, username, password, pathname, searchParams } = new URL(url);
  if (protocol !== 'mysql:' && protocol !== 'mariadb:') return refuse('the url does not begin with mysql://', form);
  for (const name of searchParams.keys())
    if (!known.includes(name)) return refuse('the url has a parameter that is not known', `Known are ${known.join(', ')}.`);
  const parts = [username, password, pathname.slice(1)];
  if (parts.some((part) => /%(?![0-9a-f]{2})/i.test(part))) return refuse('the url has a bare % in it', 'Write it as %25.');
  const [user = '', secret = '', database = ''] = parts.map(decodeURIComponent);
  if (database === '' || database.includes('/')) return refuse('the url names no database', form);
  const socketPath = searchParams.get('socket');
  return {
    options: {
      ...(socketPath === null ? { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? 3306 : Number(port) } : { socketPath }),
      user,
      password: secret,
      database,
    },
    tls: tlsOf(searchParams),
    secrets: [...new Set([secret, password])].filter((text) => text !== ''),
  };
}
