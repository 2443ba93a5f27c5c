// Sends UpdateItem, by which every lease in hand is renewed every few seconds: as the SDK's client sent the one before, or by
// the client itself, which also makes of every refusal its exception. It knows no lease, and repeats nothing.
import { text } from 'node:stream/consumers';
import { type DynamoDBClient, UpdateItemCommand, type UpdateItemCommandInput, type UpdateItemCommandOutput } from '@aws-sdk/client-dynamodb';
import { createRoute, isFailure, type Route, type RoutedAnswer } from '../aws/route.ts';
import type { Item } from '../rows/decode.ts';
import { systemMachine } from '../system.ts';
import type { SendOptions } from './send.ts';

/** Throws as the client does. The item as the write left it. */
export type SendUpdate = (input: UpdateItemCommandInput, options: SendOptions) => Promise<Item | undefined>;

const contentType = 'application/x-amz-json-1.0';

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAnswer(value: unknown): value is RoutedAnswer {
  return isObject(value) && 'statusCode' in value && 'headers' in value;
}

/** In JSON they are other than in the SDK. */
const hasBytes = (values: Item = {}): boolean => Object.values(values).some(({ B, BS }) => B !== undefined || BS !== undefined);

/** Bytes lie in a row as base64; what lies deeper in it is nobody's here. */
function attribute(value: unknown): unknown {
  return isObject(value) && typeof value.B === 'string' ? { B: new Uint8Array(Buffer.from(value.B, 'base64')) } : value;
}

/** Throws `SyntaxError` for what is no answer: nobody knows then whether the write was carried out. */
function attributesIn(body: string): Item | undefined {
  const answer: unknown = JSON.parse(body);
  if (!isObject(answer)) throw new SyntaxError('The answer of DynamoDB is no object.');
  if (answer.Attributes === undefined) return undefined;
  if (!isObject(answer.Attributes)) throw new SyntaxError('The attributes in the answer of DynamoDB are none.');
  return Object.fromEntries(Object.entries(answer.Attributes).map(([name, value]) => [name, attribute(value)])) as Item;
}

/** @param received what the client is to take for the answer, instead of sending anything */
function commandOf(route: Route, input: UpdateItemCommandInput, received: RoutedAnswer | undefined): UpdateItemCommand {
  const command = new UpdateItemCommand(input);
  command.middlewareStack.add(
    (next) => async (given) => {
      if (received !== undefined) return { response: received, output: {} as UpdateItemCommandOutput };
      const result = await next(given);
      if (isAnswer(result.response) && !isFailure(result.response)) route.learn(given.request);
      return result;
    },
    // Before the SDK's own deserialiser sees the answer.
    { step: 'deserialize', priority: 'low', name: 'shardfoldRoute' },
  );
  return command;
}

export function createSendUpdate(client: DynamoDBClient): SendUpdate {
  const route = createRoute(client, systemMachine.clock);
  return async (input, options) => {
    const received = hasBytes(input.ExpressionAttributeValues)
      ? undefined
      : await route.ask({ contentType, body: Buffer.from(JSON.stringify(input)), options });
    if (received !== undefined && !isFailure(received)) return attributesIn(await text(received.body));
    return (await client.send(commandOf(route, input, received), options)).Attributes;
  };
}
