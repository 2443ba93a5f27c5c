// One request to DynamoDB: sent once, its time bounded, its failure sorted. It knows no lease.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { classify } from './errors.ts';
import type { SendUpdate } from './update.ts';

export interface Link {
  readonly client: DynamoDBClient;
  readonly update: SendUpdate;
  readonly table: string;
  readonly requestTimeoutMs: number;
}

export interface SendOptions {
  readonly abortSignal: AbortSignal;
  readonly requestTimeout: number;
}

/** Rejects with a `LeaseError`, or with the signal's reason when the caller gave up. */
export async function send<Answer>(link: Link, signal: AbortSignal, run: (options: SendOptions) => Promise<Answer>): Promise<Answer> {
  signal.throwIfAborted();
  try {
    return await run({ abortSignal: signal, requestTimeout: link.requestTimeoutMs });
  } catch (error) {
    signal.throwIfAborted();
    throw classify(error, link.table);
  }
}
