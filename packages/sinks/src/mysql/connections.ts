// Connections to the server: how long a statement may take, transactions, and which connections are thrown away. It knows no table.
import type { Timers } from '../ports.ts';
import { type Clients, withClient } from '../sql/clients.ts';
import type { Answer, Patience, Send, SqlConnections, Statement } from '../sql/connections.ts';
import { SinkError } from '../types.ts';
import { type Client, openClient, product } from './client.ts';
import { isBroken } from './errors.ts';
import { serverLimit } from './patience.ts';
import { createPool } from './pool.ts';
import { createHider } from './secrets.ts';
import { type ParsedUrl, parseMysqlUrl } from './url.ts';

export interface ConnectionOptions {
  readonly url: string;
  readonly application: string;
  readonly poolMax: number;
  readonly timers: Timers;
}

const begin: Statement = { text: 'START TRANSACTION' };
const commit: Statement = { text: 'COMMIT' };
const rollback: Statement = { text: 'ROLLBACK' };

/** One after the other: the protocol has no other way. What fails first is thrown. */
async function inTurn(client: Client, statements: readonly Statement[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const statement of statements) answers.push(await client.ask(statement));
  return answers;
}

/** A transaction whose body sends as it goes. */
async function inSession<T>(client: Client, body: (send: Send) => Promise<T>): Promise<T> {
  let begun = false;
  try {
    const result = await body(async (statements) => {
      if (!begun) await client.ask(begin);
      begun = true;
      return inTurn(client, statements);
    });
    if (begun) await client.ask(commit);
    return result;
  } catch (error) {
    // A connection that cannot even roll back is dead; the first fault is the one to tell.
    if (begun && !client.isDead()) await client.ask(rollback).catch(() => client.destroy());
    throw error;
  }
}

function limitTo(patience: Patience): Statement {
  return { text: `SET SESSION autocommit = 1 ${serverLimit(patience)}` };
}

/** With the server's own limit as long as ours. Statements that walk whole tables have the round trips for it. */
async function inTime<T>(client: Client, patience: Patience, use: (client: Client) => Promise<T>): Promise<T> {
  if (patience === 'statement') return use(client);
  await client.ask(limitTo(patience));
  try {
    return await use(client);
  } finally {
    if (!client.isDead()) await client.ask(limitTo('statement')).catch(() => client.destroy());
  }
}

/** Nothing is connected, and the driver not loaded, before the first statement. */
export function createConnections({ url, application, poolMax, timers }: ConnectionOptions): SqlConnections {
  let parsed: ParsedUrl | undefined;
  let hide: (error: unknown) => unknown = (error) => error;
  const pool = createPool(async (closing) => {
    if (parsed === undefined) {
      parsed = parseMysqlUrl(url);
      hide = createHider(parsed.secrets);
    }
    return openClient({ url: parsed, application, timers, closing });
  }, poolMax);
  const clients: Clients<Client> = {
    product,
    timers,
    acquire: pool.acquire,
    cut: (client) => client.destroy(),
    isUsable: (_, error) => error instanceof SinkError || !isBroken(error),
    release: pool.release,
  };

  async function on<T>(patience: Patience, signal: AbortSignal, use: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await withClient(clients, patience, signal, (client) => inTime(client, patience, use));
    } catch (error) {
      throw hide(error);
    }
  }

  return {
    run: (statement, signal, patience = 'statement') => on(patience, signal, (client) => client.ask(statement)),
    transaction: (statements, signal, patience = 'statement') => on(patience, signal, (client) => inSession(client, (send) => send(statements))),
    session: (body, signal, patience = 'statement') => on(patience, signal, (client) => inSession(client, body)),
    status: () => pool.status(),
    close: () => pool.close(),
  };
}
