// Puts numbered records into a stream, so that each can be told from all others. It knows nobody who reads them.
import { setTimeout as sleep } from 'node:timers/promises';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { awsClients } from '@shardfold/embedded';

const batchRecords = 8;
const pauseMs = 250;

export interface Pour {
  /** How many records were put; their data are the numbers below. */
  sent(): number;
  /** Resolves when the last one is put. Throws what a put has thrown. */
  stop(): Promise<void>;
}

/** Keeps putting until it is stopped. */
export function startPouring(kinesisUrl: string, stream: string): Pour {
  const clients = awsClients(kinesisUrl);
  const enough = new AbortController();
  let sent = 0;

  async function put(): Promise<void> {
    const numbers = Array.from({ length: batchRecords }, (_, index) => String(sent + index));
    const Records = numbers.map((number) => ({ PartitionKey: `key-${number}`, Data: Buffer.from(number) }));
    const answer = await clients.kinesis.send(new PutRecordsCommand({ StreamName: stream, Records }));
    if (answer.FailedRecordCount) throw new Error(`${answer.FailedRecordCount} records were not put`);
    sent += batchRecords;
  }

  async function pour(): Promise<void> {
    try {
      while (!enough.signal.aborted) {
        await put();
        await sleep(pauseMs, undefined, { signal: enough.signal }).catch(() => undefined);
      }
    } finally {
      clients.destroy();
    }
  }

  const pouring = pour();
  // `stop` tells it.
  pouring.catch(() => undefined);
  return {
    sent: () => sent,
    stop() {
      enough.abort();
      return pouring;
    },
  };
}
