// A LocalStack for a test file, or the one that SHARDFOLD_TEST_LOCALSTACK_URL names, and buckets and queues of their own for each test.
import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll } from 'vitest';
import { startLocalStack } from '../../../../test/servers/localstack.ts';
import { assertNotRequired } from '../../../../test/servers/required.ts';
import type { ServerFromScript } from '../../../../test/servers/server-from-script.ts';

const ownServer = process.env.SHARDFOLD_TEST_LOCALSTACK_URL;
const installTimeoutMs = 900_000;

export interface Access {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface LocalStack {
  /** Skips the test where there is no server. */
  access(context: { skip(reason: string): never }): Access;
}

/** Call at the top of a test file. */
export function localStackForFile(): LocalStack {
  let server: ServerFromScript = { skipped: 'it was not looked for' };
  beforeAll(async () => {
    server = ownServer === undefined ? await startLocalStack() : { url: ownServer, stop: async () => undefined };
  }, installTimeoutMs);
  afterAll(async () => {
    if ('stop' in server) await server.stop();
  });
  return {
    access(context) {
      if ('skipped' in server) {
        assertNotRequired('localstack', server.skipped);
        return context.skip(`LocalStack is not to be had: ${server.skipped}`);
      }
      return { endpoint: server.url, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
    },
  };
}

export async function newBucket(client: S3Client): Promise<string> {
  const bucket = `letters-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}

/** Its url. */
export async function newQueue(client: SQSClient, { fifo, maxBytes }: { readonly fifo: boolean; readonly maxBytes: number }): Promise<string> {
  const { QueueUrl = '' } = await client.send(
    new CreateQueueCommand({
      QueueName: `letters-${randomUUID()}${fifo ? '.fifo' : ''}`,
      Attributes: { MaximumMessageSize: String(maxBytes), ...(fifo ? { FifoQueue: 'true' } : {}) },
    }),
  );
  return QueueUrl;
}

/** A new bucket, for who has no client of their own. */
export async function bucketAt(access: Access): Promise<string> {
  const client = new S3Client({ ...access, forcePathStyle: true });
  return newBucket(client).finally(() => client.destroy());
}

/** The same of a queue: its url. */
export async function queueAt(access: Access): Promise<string> {
  const client = new SQSClient({ ...access, useQueueUrlAsEndpoint: false });
  return newQueue(client, { fifo: false, maxBytes: 262_144 }).finally(() => client.destroy());
}
