// One record into every shard, again and again, so that it can be seen who reads it. It knows nobody who does.
import { setTimeout as sleep } from 'node:timers/promises';
import { ListShardsCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { awsClients } from '@shardfold/embedded';

export interface Trickle {
  /** Throws what a put has thrown. */
  assertRunning(): void;
  stop(): Promise<void>;
}

export function startTrickle(kinesisUrl: string, stream: string, pauseMs: number): Trickle {
  const clients = awsClients(kinesisUrl);
  const enough = new AbortController();

  async function run(): Promise<void> {
    try {
      const { Shards = [] } = await clients.kinesis.send(new ListShardsCommand({ StreamName: stream }));
      const Records = Shards.map(({ HashKeyRange }) => ({ PartitionKey: 'any', ExplicitHashKey: HashKeyRange?.StartingHashKey, Data: Buffer.from('x') }));
      while (!enough.signal.aborted) {
        const { FailedRecordCount } = await clients.kinesis.send(new PutRecordsCommand({ StreamName: stream, Records }));
        if (FailedRecordCount) throw new Error(`${FailedRecordCount} records were not put. The run is over; the emulator may be overloaded.`);
        await sleep(pauseMs, undefined, { signal: enough.signal }).catch(() => undefined);
      }
    } finally {
      clients.destroy();
    }
  }

  let failure: unknown;
  const ended = run().catch((error: unknown) => {
    failure = error;
  });
  return {
    assertRunning() {
      if (failure !== undefined) throw failure;
    },
    stop() {
      enough.abort();
      return ended;
    },
  };
}
