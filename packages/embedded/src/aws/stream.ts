// Makes a stream and waits until it can be used. It knows nothing of what goes into it.
import { CreateStreamCommand, DescribeStreamSummaryCommand } from '@aws-sdk/client-kinesis';
import { EmbeddedError } from '../errors.ts';
import { sleep } from '../system.ts';
import { awsClients } from './clients.ts';

const pollIntervalMs = 20;
const maxPolls = 1_500;

/** Resolves when the stream is ACTIVE. Throws the service's own error (a name taken twice: `ResourceInUseException`). */
export async function createStream(options: { readonly url: string; readonly name: string; readonly shards: number }): Promise<void> {
  const clients = awsClients(options.url);
  try {
    await clients.kinesis.send(new CreateStreamCommand({ StreamName: options.name, ShardCount: options.shards }));
    for (let poll = 0; poll < maxPolls; poll += 1) {
      const summary = await clients.kinesis.send(new DescribeStreamSummaryCommand({ StreamName: options.name }));
      if (summary.StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return;
      await sleep(pollIntervalMs);
    }
  } finally {
    clients.destroy();
  }
  throw new EmbeddedError(`The stream ${options.name} was made but did not become ACTIVE. It is left as it is; look at the server's log.`);
}
