// Whether a database can be found by an address, without asking anybody: what the sinks themselves would refuse when they are made. It
// connects nothing and loads no driver.
import { placeOf } from './cratedb/http.ts';
import { databaseOf } from './mongodb/connection.ts';
import { parseMysqlUrl } from './mysql/url.ts';
import { urlOf } from './postgres/secrets.ts';
import { locationOf } from './sqlite/location.ts';
import { SinkError } from './types.ts';

function refuse(product: string, form: string): never {
  throw new SinkError('SINK_DENIED', `${product}: the url cannot be read. Nothing was written. Write it as ${form}, a % in its parts as %25.`, {
    retryable: false,
  });
}

function checkPostgres(url: string): void {
  const parsed = urlOf(url);
  if (parsed === undefined || !/^postgres(?:ql)?:$/.test(parsed.protocol)) refuse('PostgreSQL', 'postgres://user:password@host:port/database');
  for (const part of [parsed.username, parsed.password, parsed.pathname]) decodeURIComponent(part);
}

const mongoHosts = /^mongodb(?:\+srv)?:\/\/(?:[^/?@]*@)?[^/?@,]+(?:,[^/?@,]+)*(?:[/?]|$)/i;

function checkMongo(url: string): void {
  if (!mongoHosts.test(url)) refuse('MongoDB', 'mongodb://user:password@host:port/database');
  decodeURIComponent(/^[^:]+:\/\/[^/?]*/.exec(url)?.[0] ?? '');
  databaseOf(url);
}

const checks = {
  postgres: checkPostgres,
  cratedb: placeOf,
  mysql: parseMysqlUrl,
  sqlite: locationOf,
  mongodb: checkMongo,
} as const;

export type SinkKind = keyof typeof checks;

/** What is wrong with it, in a sentence for a person that does not repeat it; undefined: nothing that can be seen from here. */
export function addressProblem(kind: SinkKind, url: string): string | undefined {
  try {
    checks[kind](url);
    return undefined;
  } catch (error) {
    if (error instanceof SinkError) return error.message;
    if (error instanceof URIError) return 'the url has a % in it that stands for nothing. Write it as %25.';
    throw error;
  }
}
