// Makes a lease table exist and refuses one that is none. It knows no row.
import { CreateTableCommand, DescribeTableCommand, type TableDescription } from '@aws-sdk/client-dynamodb';
import { LeaseError } from '../errors.ts';
import { leaseKeyName } from '../rows/attributes.ts';
import type { Timers } from '../time.ts';
import { creationInput, type Finishing, finishingsOf, type TableCreation } from './creation.ts';
import { type Link, send } from './send.ts';

const firstPollMs = 20;
const maxPollMs = 1000;
/** A little over two minutes; a new on-demand table takes seconds, an emulator's none. */
const maxPolls = 130;

/** Undefined: the table does not exist. */
async function describe(link: Link, signal: AbortSignal): Promise<TableDescription | undefined> {
  try {
    const answer = await send(link, signal, (options) => link.client.send(new DescribeTableCommand({ TableName: link.table }), options));
    return answer.Table;
  } catch (error) {
    if (error instanceof LeaseError && error.code === 'TABLE_MISSING') return undefined;
    throw error;
  }
}

function causeName(error: unknown): string {
  const cause = error instanceof LeaseError ? error.cause : error;
  return cause instanceof Error ? cause.name : '';
}

/**
 * Whether this call made it, or may have: several workers start at once on nothing, and one of them creates the table; an
 * answer that is lost says nothing.
 */
async function createTable(link: Link, creation: TableCreation, signal: AbortSignal): Promise<boolean> {
  const command = new CreateTableCommand(creationInput(link.table, creation));
  try {
    await send(link, signal, (options) => link.client.send(command, options));
    return true;
  } catch (error) {
    if (causeName(error) === 'ResourceInUseException') return false;
    if (error instanceof LeaseError && error.retryable) return true;
    throw error;
  }
}

function refuseForeign(description: TableDescription, table: string): void {
  const keys = (description.KeySchema ?? []).map((key) => {
    const type = description.AttributeDefinitions?.find((definition) => definition.AttributeName === key.AttributeName)?.AttributeType;
    return `${key.AttributeName} ${type} ${key.KeyType}`;
  });
  if (keys.length === 1 && keys[0] === `${leaseKeyName} S HASH`) return;
  throw new LeaseError(
    'TABLE_SCHEMA',
    `The table '${table}' has the key (${keys.join(', ')}) and is no lease table, whose only key is the text ${leaseKeyName}. Nothing was written. Name another table.`,
  );
}

/** States out of which no waiting leads. */
const closedTo: Readonly<Record<string, string>> = {
  INACCESSIBLE_ENCRYPTION_CREDENTIALS: 'DynamoDB may not use the key that encrypts it. Allow it to, or enable the key',
  ARCHIVING: 'it is being archived because its encryption key was out of reach for long. Restore it from its backup',
  ARCHIVED: 'it was archived because its encryption key was out of reach for long. Restore it from its backup',
};

function refuseClosed({ TableStatus }: TableDescription, table: string): void {
  const why = closedTo[TableStatus ?? ''];
  if (why === undefined) return;
  throw new LeaseError('TABLE_DENIED', `The lease table '${table}' is ${TableStatus}: ${why}. The worker does not start.`);
}

async function finish(link: Link, { what, run }: Finishing, timers: Timers, signal: AbortSignal): Promise<void> {
  for (let poll = 0; ; poll += 1) {
    try {
      return await run(signal);
    } catch (error) {
      signal.throwIfAborted();
      // A new table is busy for a while: its backups are not available yet, it is in use.
      const passes = error instanceof LeaseError && error.retryable;
      if (poll >= maxPolls || !passes) throw unfinished(link.table, what, error);
    }
    await timers.sleep(pollMs(poll), signal);
  }
}

function unfinished(table: string, what: string, error: unknown): LeaseError {
  const code = error instanceof LeaseError ? error.code : 'TABLE_SCHEMA';
  const cause = error instanceof LeaseError && error.cause !== undefined ? error.cause : error;
  const detail = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new LeaseError(
    code,
    `The lease table '${table}' was made, but its ${what} could not be set. The worker does not start now; it will start on the table as it is. Set it yourself, or delete the table, which is empty, and leave the option out. (${detail})`,
    { cause: error },
  );
}

const pollMs = (poll: number): number => Math.min(maxPollMs, firstPollMs * 2 ** poll);

/**
 * Resolves once the table can be used, with its size in bytes as DynamoDB last counted it.
 * @throws LeaseError TABLE_SCHEMA when its key is another; TABLE_DENIED when its encryption key is out of reach;
 * TABLE_UNREACHABLE when it does not become active in time; when an option of `creation` cannot be set, what came in its way.
 */
export async function openTable(link: Link, creation: TableCreation, timers: Timers, signal: AbortSignal): Promise<number> {
  let mine = false;
  for (let poll = 0; poll < maxPolls; poll += 1) {
    const description = await describe(link, signal);
    if (description === undefined) mine = await createTable(link, creation, signal);
    else if (description.TableStatus === 'ACTIVE' || description.TableStatus === 'UPDATING') {
      refuseForeign(description, link.table);
      if (mine) for (const finishing of finishingsOf(link, description, creation)) await finish(link, finishing, timers, signal);
      return description.TableSizeBytes ?? 0;
    } else refuseClosed(description, link.table);
    await timers.sleep(pollMs(poll), signal);
  }
  throw new LeaseError(
    'TABLE_UNREACHABLE',
    `The lease table '${link.table}' did not become active within two minutes. The worker does not start. Look at the table's status.`,
    { retryable: true },
  );
}
