// The configuration as the program wants it: every default in place, times in milliseconds, sizes in bytes. It knows nothing of
// where a value came from.
import type { StartPosition } from '@shardfold/consumer';
import type { BookkeepingNames } from '@shardfold/sinks';
import type { Document } from './schema.ts';
import { parseDurationMs, parseSizeBytes } from './units.ts';

export interface TableConfig {
  /** A glob over `table` or `schema.table`. */
  readonly source: string;
  readonly sink: string;
  /** `{table}` stands for the source's name. */
  readonly target: string;
  readonly layout: 'document' | 'columns';
  readonly key?: readonly string[];
  readonly keyless: 'append' | 'dead-letter';
  readonly deletes: 'hard' | 'soft';
  readonly truncate: 'apply' | 'ignore';
  readonly createTables: boolean;
  readonly tombstoneRetentionMs: number;
  readonly where: Readonly<Record<string, string>>;
  readonly columns: { readonly drop: readonly string[]; readonly rename: Readonly<Record<string, string>> };
  readonly bookkeeping: BookkeepingNames;
}

export interface AwsAccess {
  readonly region?: string;
  readonly endpoint?: string;
}

export interface SinkConfig {
  readonly kind: 'postgres' | 'cratedb' | 'mysql' | 'sqlite' | 'mongodb';
  /** With its password. */
  readonly url: string;
  readonly poolMax?: number;
}

export type DeadLetterConfig =
  | { readonly kind: 'sink' | 'stop' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string; readonly access: AwsAccess }
  | { readonly kind: 'sqs'; readonly queueUrl: string; readonly access: AwsAccess };

export interface Config {
  readonly application: string;
  /** `aws` with `source.endpoint` and `lease.endpoint` already applied. */
  readonly kinesis: AwsAccess;
  readonly dynamodb: AwsAccess;
  readonly source: {
    readonly kind: 'kinesis' | 'dynamodb-streams';
    readonly streams: readonly string[];
    readonly start: StartPosition;
    readonly mode: 'polling' | 'fan-out' | 'auto';
    /** A codec's name, or `auto`. */
    readonly format: string;
    readonly pollIntervalMs: number;
    readonly limits: 'aws' | 'none';
    readonly bufferBytes: number;
    readonly onGap: 'stop' | 'continue';
  };
  readonly lease: { readonly table: string; readonly durationMs: number; readonly maxPerWorker: number; readonly joinDelayMs: number };
  readonly checkpoint: { readonly intervalMs: number; readonly records: number };
  readonly sinks: Readonly<Record<string, SinkConfig>>;
  /** In order; the first whose source matches decides. Never empty. */
  readonly tables: readonly TableConfig[];
  readonly deadLetters: DeadLetterConfig;
  readonly http: { readonly host: string; readonly port: number; readonly token?: string };
  readonly shutdown: { readonly drainMs: number };
  /** Without a format: whatever suits where it is written to. */
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly format?: 'json' | 'pretty' };
}

/** The schema has checked it: this only convinces the types. */
function checked<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined)
    throw new Error(`The configuration's ${what} passed its check and cannot be read all the same. This is a fault of the program; please report it.`);
  return value;
}

const durationMs = (text: string) => checked(parseDurationMs(text), `duration ${text}`);

function startOf(text: string): StartPosition {
  return text === 'trim-horizon' || text === 'latest' ? { kind: text } : { kind: 'timestamp', atMs: Date.parse(text) };
}

function accessOf(aws: Document['aws'], endpoint: string | undefined): AwsAccess {
  const at = endpoint ?? aws.endpoint;
  return { ...(aws.region === undefined ? {} : { region: aws.region }), ...(at === undefined ? {} : { endpoint: at }) };
}

function tableOf(table: Document['tables'][number]): TableConfig {
  const { key, tombstones, where, sink, ...rest } = table;
  return {
    ...rest,
    sink: checked(sink, 'sink of a table'),
    ...(key === undefined ? {} : { key }),
    tombstoneRetentionMs: durationMs(tombstones.retention),
    where: Object.fromEntries(Object.entries(where).map(([name, value]) => [name, String(value)])),
  };
}

function sinkOf({ kind, url, poolMax }: Document['sinks'][string]): SinkConfig {
  return { kind, url, ...(poolMax === undefined ? {} : { poolMax }) };
}

function deadLettersOf({ deadLetters, aws }: Document): DeadLetterConfig {
  const { kind, path, bucket, prefix = '', queueUrl, region, endpoint } = deadLetters;
  const access = accessOf(region === undefined ? aws : { ...aws, region }, endpoint);
  switch (kind) {
    case 'file':
      return { kind, path: checked(path, 'path of dead letters') };
    case 's3':
      return { kind, bucket: checked(bucket, 'bucket of dead letters'), prefix, access };
    case 'sqs':
      return { kind, queueUrl: checked(queueUrl, 'queue of dead letters'), access };
    default:
      return { kind };
  }
}

/** From a document that passed every check. */
export function configOf(document: Document): Config {
  const { source, lease, checkpoint, http, log } = document;
  return {
    application: document.application,
    kinesis: accessOf(document.aws, source.endpoint),
    dynamodb: accessOf(document.aws, lease.endpoint),
    source: {
      kind: source.kind,
      streams: source.streams,
      start: startOf(source.start),
      mode: source.mode,
      format: source.format,
      pollIntervalMs: durationMs(source.pollInterval),
      limits: source.limits,
      bufferBytes: checked(parseSizeBytes(source.bufferBytes), `size ${source.bufferBytes}`),
      onGap: source.onGap,
    },
    lease: {
      table: checked(lease.table, 'lease table'),
      durationMs: durationMs(lease.duration),
      maxPerWorker: lease.maxPerWorker,
      joinDelayMs: durationMs(lease.joinDelay),
    },
    checkpoint: { intervalMs: durationMs(checkpoint.interval), records: checkpoint.records },
    sinks: Object.fromEntries(Object.entries(document.sinks).map(([name, sink]) => [name, sinkOf(sink)])),
    tables: document.tables.map(tableOf),
    deadLetters: deadLettersOf(document),
    http: { host: http.host, port: http.port, ...(http.token === undefined ? {} : { token: http.token }) },
    shutdown: { drainMs: durationMs(document.shutdown.drain) },
    log: { level: log.level, ...(log.format === undefined ? {} : { format: log.format }) },
  };
}
