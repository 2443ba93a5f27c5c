// Makes a lease table exist and refuses one that is none. It knows no row.
import { CreateTableCommand, DescribeTableCommand, type TableDescription } from '@aws-sdk/client-dynamodb';
import { LeaseError } from '../errors.ts';
import { leaseKeyName } from '../rows/attributes.ts';
import type { Timers } from '../time.ts';
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

async function createTable(link: Link, signal: AbortSignal): Promise<void> {
  const command = new CreateTableCommand({
    TableName: link.table,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: leaseKeyName, KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: leaseKeyName, AttributeType: 'S' }],
  });
  try {
    await send(link, signal, (options) => link.client.send(command, options));
  } catch (error) {
    // Several workers start at once on nothing; one of them creates the table.
    const cause = error instanceof LeaseError ? error.cause : error;
    if (!(cause instanceof Error && cause.name === 'ResourceInUseException')) throw error;
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

/**
 * Resolves once the table can be used.
 * @throws LeaseError TABLE_SCHEMA when its key is another; TABLE_UNREACHABLE when it does not become active in time.
 */
export async function openTable(link: Link, timers: Timers, signal: AbortSignal): Promise<void> {
  for (let poll = 0; poll < maxPolls; poll += 1) {
    const description = await describe(link, signal);
    if (description === undefined) await createTable(link, signal);
    else if (description.TableStatus === 'ACTIVE' || description.TableStatus === 'UPDATING') return refuseForeign(description, link.table);
    await timers.sleep(Math.min(maxPollMs, firstPollMs * 2 ** poll), signal);
  }
  throw new LeaseError(
    'TABLE_UNREACHABLE',
    `The lease table '${link.table}' did not become active within two minutes. The worker does not start. Look at the table's status.`,
    {
      retryable: true,
    },
  );
}
