// Where the file is, from what a person wrote. It touches no file.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SinkError } from '../types.ts';

const memory = ':memory:';

/** The url is not repeated: one that was meant for another database may hold its password. */
function refuse(problem: string): never {
  throw new SinkError(
    'SINK_DENIED',
    `SQLite: the url ${problem}; nothing is written. Give a path: "sqlite:./orders.db", "file:///var/lib/orders.db" or "/var/lib/orders.db".`,
    { retryable: false },
  );
}

function fromFileUrl(url: string): string {
  try {
    return url.startsWith('file://') ? fileURLToPath(url) : decodeURIComponent(url.slice('file:'.length));
  } catch {
    return refuse('is no url of a local file');
  }
}

function fromSqliteUrl(url: string): string {
  const path = url.slice('sqlite:'.length);
  if (!path.startsWith('//')) return path;
  return path.startsWith('///') ? path.slice(2) : refuse('names a host');
}

/** The absolute path, or `:memory:`. Throws SINK_DENIED for what names no file. */
export function locationOf(url: string): string {
  const scheme = /^([a-z][a-z\d+.-]+):/i.exec(url)?.[1]?.toLowerCase();
  const isUrl = scheme === 'sqlite' || scheme === 'file';
  if (isUrl && url.includes('?')) refuse('has parameters, which a file does not take');
  if (!isUrl && url.includes('://')) refuse('is of another database');
  const path = scheme === 'sqlite' ? fromSqliteUrl(url) : scheme === 'file' ? fromFileUrl(url) : url;
  if (path === memory) return path;
  if (path === '' || path.includes('\u0000')) refuse('names no file');
  return resolve(path);
}
