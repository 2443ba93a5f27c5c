// DynamoDB Local for a test file: started once, where it is to be had. CI requires it.
import { startDynamoDbLocal } from '../../../../test/servers/dynamodb-local.ts';

export type LocalDynamo = { readonly url: string; stop(): Promise<void> } | { readonly skipped: string };

/** Awaited at the top of a test file, which then declares its tests or skips them by name. Takes some two seconds. */
export async function localDynamo(): Promise<LocalDynamo> {
  const server = await startDynamoDbLocal();
  if ('skipped' in server && process.env.CI === 'true') throw new Error(`CI requires DynamoDB Local: ${server.skipped}`);
  return server;
}
