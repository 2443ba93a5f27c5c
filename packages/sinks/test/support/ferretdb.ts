// A server that speaks MongoDB's protocol for a test file, and a database of its own with two sinks for each test. The server
// is a FerretDB, or the one that SHARDFOLD_TEST_MONGODB_URL names.
import { randomUUID } from 'node:crypto';
import { normalNumber, valueToJson } from '@shardfold/changes';
import { type Document, MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, type TestContext } from 'vitest';
import { startFerretDb } from '../../../../test/servers/ferretdb.ts';
import { assertNotRequired } from '../../../../test/servers/required.ts';
import type { ServerFromScript } from '../../../../test/servers/server-from-script.ts';
import type { TargetTable } from '../../src/index.ts';
import { type Connection, createConnection } from '../../src/mongodb/connection.ts';
import { createMongoSink, type MongoSinkOptions } from '../../src/mongodb/sink.ts';
import { type SinkTraits, type SinkUnderTest, type StoredRow, sqlTraits } from '../../src/testing/index.ts';
import { clock, never, timers } from './machine.ts';

const ownServer = process.env.SHARDFOLD_TEST_MONGODB_URL;
const installTimeoutMs = 900_000;

export const mongoTraits: SinkTraits = {
  ...sqlTraits,
  layouts: ['document'],
  // What neither a double nor a long holds is a Decimal128 up to 34 digits, else text; `storedRows` shows both as text.
  numbers: 'double-or-text',
  reports: ownServer === undefined ? 'unresolved' : 'exact',
  refused: { 'a\u0000b': 1 },
};

export interface MongoServer {
  /** The url of a database that nobody has used; skips the test where there is no server. */
  database(context: { skip(reason: string): never }): string;
}

/** Call at the top of a test file. */
export function mongoForFile(): MongoServer {
  let server: ServerFromScript = { skipped: 'it was not looked for' };
  const used: string[] = [];
  beforeAll(async () => {
    server = ownServer === undefined ? await startFerretDb() : { url: ownServer, stop: () => dropAll(used) };
  }, installTimeoutMs);
  afterAll(async () => {
    if ('stop' in server) await server.stop();
  });
  return {
    database(context) {
      if ('skipped' in server) {
        assertNotRequired('ferretdb', server.skipped);
        return context.skip(`FerretDB is not to be had: ${server.skipped}`);
      }
      const url = new URL(server.url);
      url.pathname = `/shardfold_${randomUUID().replaceAll('-', '')}`;
      used.push(url.href);
      return url.href;
    },
  };
}

/** Call at the top of a test file: each test has a database of its own, and a connection to it. */
export function databaseForEach(poolMax: number): { readonly url: string; readonly connection: Connection } {
  const server = mongoForFile();
  let opened: { readonly url: string; readonly connection: Connection } | undefined;
  beforeEach((context: TestContext) => {
    const url = server.database(context);
    opened = { url, connection: createConnection({ url, database: undefined, application: 'test', poolMax, timers }) };
  });
  afterEach(() => opened?.connection.close());
  const given = () => {
    if (opened === undefined) throw new Error('no test is under way');
    return opened;
  };
  return {
    get url() {
      return given().url;
    },
    get connection() {
      return given().connection;
    },
  };
}

async function dropAll(urls: readonly string[]): Promise<void> {
  for (const url of urls) await withDatabase(url, (db) => db.dropDatabase());
}

export async function withDatabase<T>(url: string, use: (db: ReturnType<MongoClient['db']>) => Promise<T>): Promise<T> {
  const client = new MongoClient(url);
  try {
    return await use(client.db());
  } finally {
    await client.close();
  }
}

export function sinkFor(url: string, change: Partial<MongoSinkOptions> = {}): ReturnType<typeof createMongoSink> {
  return createMongoSink({ url, application: 'test', machine: { clock, timers }, createTables: true, ...change });
}

function isWrapped(value: object): value is { readonly _bsontype: string; toString(): string } {
  return '_bsontype' in value;
}

/** A value of a document that was read with its BSON types kept, as JSON. */
function jsonOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return JSON.stringify(value);
  if (typeof value !== 'object') throw new Error(`a ${typeof value} in a document`);
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`;
  if (!isWrapped(value)) return objectJson(value);
  if (value._bsontype === 'Binary') return JSON.stringify(keyText(value));
  if (value._bsontype === 'Double') return valueToJson(Number(value.toString()), { numbers: 'exact' });
  return value._bsontype === 'Decimal128' ? JSON.stringify(normalNumber(value.toString())) : value.toString();
}

function objectJson(fields: object): string {
  return `{${Object.entries(fields)
    .map(([name, value]) => `${JSON.stringify(name)}:${jsonOf(value)}`)
    .join(',')}}`;
}

function keyText(value: unknown): string {
  if (typeof value !== 'object' || value === null || !isWrapped(value)) return String(value);
  if (value._bsontype !== 'Binary') return normalNumber(value.toString());
  return 'buffer' in value && value.buffer instanceof Uint8Array ? Buffer.from(value.buffer).toString('base64') : '';
}

function storedRow({ _id, cdc, ...fields }: Document): StoredRow {
  const composite = typeof _id === 'object' && _id !== null && !isWrapped(_id);
  return {
    key: composite ? Object.values(_id).map(keyText) : [keyText(_id)],
    data: objectJson(fields),
    version: { time: Number(String(cdc.time)), seq: cdc.seq },
    deleted: cdc.deleted === true,
    partial: cdc.partial === undefined ? null : objectJson(cdc.partial),
  };
}

/** Reads a collection back. */
export async function storedRows(url: string, { name }: Pick<TargetTable, 'name'>): Promise<StoredRow[]> {
  return withDatabase(url, async (db) => {
    const options = { promoteValues: false, promoteLongs: false, promoteBuffers: false };
    return (await db.collection(name).find({}, options).toArray()).map(storedRow);
  });
}

/** Runs what a refusal says, as mongosh would. */
async function runCommands(url: string, statements: string): Promise<void> {
  await withDatabase(url, async (db) => {
    for (const [, command = ''] of statements.matchAll(/^db\.runCommand\((.*)\);$/gm)) await db.command(JSON.parse(command));
  });
}

export async function sinksOn(url: string): Promise<SinkUnderTest> {
  const sinks = [sinkFor(url), sinkFor(url)] as const;
  await Promise.all(sinks.map((sink) => sink.open(never)));
  return {
    sinks,
    rows: (target) => storedRows(url, target),
    run: (statements) => runCommands(url, statements),
    async plant(target, id, { time, seq }) {
      const document = { _id: id, cdc: { time: BigInt(time), seq: seq.padStart(65, '0') } };
      await withDatabase(url, (db) => db.collection<{ _id: string }>(target.name).replaceOne({ _id: id }, document, { upsert: true }));
    },
    async close() {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}
