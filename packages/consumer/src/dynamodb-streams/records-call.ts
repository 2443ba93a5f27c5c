// The GetRecords call of DynamoDB Streams: its answer's bytes as they came, so that a record is what the service said to the last
// digit. All else that the client does stays: endpoint, credentials, signature, exceptions. It knows no shard.
import { type DynamoDBStreamsClient, GetRecordsCommand } from '@aws-sdk/client-dynamodb-streams';
import { isFailure } from '@shardfold/lease';
import { freshMemory } from '../kinesis/wire/answer-memory.ts';
import { bodyOf, isAnswer } from '../kinesis/wire/exchange.ts';

const noBody = Buffer.alloc(0);

/** Throws the SDK's exceptions, or `BodyError`. */
export async function recordsBody(client: DynamoDBStreamsClient, iterator: string, limit: number, signal: AbortSignal): Promise<Buffer> {
  const command = new GetRecordsCommand({ ShardIterator: iterator, Limit: limit });
  let body: Buffer = noBody;
  command.middlewareStack.add(
    (next) => async (given) => {
      const result = await next(given);
      const { response } = result;
      if (isAnswer(response) && !isFailure(response)) {
        body = (await bodyOf(response, freshMemory)).body;
        response.body = noBody;
      }
      return result;
    },
    // Before the SDK's own deserialiser sees the answer.
    { step: 'deserialize', priority: 'low', name: 'shardfoldAnswerBody' },
  );
  await client.send(command, { abortSignal: signal });
  const got = body;
  // The client remembers parts of its first call, and with them what a command's functions hold.
  body = noBody;
  return got;
}
