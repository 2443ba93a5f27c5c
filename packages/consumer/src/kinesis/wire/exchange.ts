// Sends one GetRecords in the encoding that is asked for, and brings the answer's bytes back unparsed. The SDK's client sends the
// first, and whatever follows a failure; by what that shows the others go straight to its request handler. Whatever is no good answer is the client's again: all that it makes of
// one stays, clock skew and exceptions. It knows no record.
import { Readable } from 'node:stream';
import { GetRecordsCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import { isFailure, type Route } from '@shardfold/lease';
import { type AnswerMemory, freshMemory } from './answer-memory.ts';
import { BodyError, collectBody } from './body.ts';
import { cbor, cursorOf, expectEnd, majorAt, readValue } from './cbor.ts';
import { encodeRequest } from './cbor-request.ts';

export type Wire = 'cbor' | 'json';

export interface Question {
  readonly iterator: string;
  readonly limit: number;
}

export interface Answer {
  readonly body: Buffer;
  /** HTTP says where the body ends, and it ended there: what is missing was never sent. */
  readonly isWhole: boolean;
}

/** The endpoint does not speak this encoding, or not well. */
export class WireRefused extends Error {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'WireRefused';
  }
}

const contentTypes: Readonly<Record<Wire, string>> = { cbor: 'application/x-amz-cbor-1.1', json: 'application/x-amz-json-1.1' };
/** What a server says that cannot read the request, or does not know the operation because of its content type. */
const refusals = new Set(['SerializationException', 'UnknownOperationException', 'UnknownOperation', 'UnsupportedMediaTypeException']);
const refusalStatuses = new Set([400, 404, 406]);
const unsupportedMediaType = 415;

interface HttpRequestParts {
  headers: Record<string, string>;
  body: unknown;
}

interface HttpAnswerParts {
  statusCode: number;
  headers: Record<string, string | undefined>;
  body: unknown;
}

function isRequest(value: unknown): value is HttpRequestParts {
  return typeof value === 'object' && value !== null && 'headers' in value && 'body' in value;
}

export function isAnswer(value: unknown): value is HttpAnswerParts {
  return isRequest(value) && 'statusCode' in value;
}

/** With whatever prefix and parameters. */
const isCbor = (answer: HttpAnswerParts): boolean => /\bcbor\b/i.test(answer.headers['content-type'] ?? '');

/** Throws `BodyError`. */
export async function bodyOf(answer: HttpAnswerParts, memory: AnswerMemory): Promise<Answer> {
  const length = answer.headers['content-length'];
  const announced = length === undefined ? undefined : Number(length);
  const isWhole = announced !== undefined || answer.headers['transfer-encoding'] !== undefined;
  if (answer.body instanceof Buffer) return { body: answer.body, isWhole };
  if (!(answer.body instanceof Readable)) throw new BodyError('cut', 'came without a stream');
  const body = await collectBody(answer.body, announced, memory);
  return { body, isWhole };
}

/** The same as JSON, for the SDK, which makes an exception of it. Undefined: these bytes are no object in CBOR. */
function asJson(body: Buffer): Uint8Array | undefined {
  try {
    const cursor = cursorOf(body);
    if (majorAt(cursor) !== cbor.map) return undefined;
    const value = readValue(cursor);
    expectEnd(cursor);
    return Buffer.from(JSON.stringify(value));
  } catch {
    return undefined;
  }
}

/** What was seen of one exchange. */
interface Seen {
  answer: Answer | undefined;
  /** Of an error that is no error of the service's making. */
  unreadable: boolean;
  contentType: string | undefined;
}

/** Takes the body out of the answer. What the SDK finds instead is nothing, or the error in its own encoding. */
async function takeOver(answer: HttpAnswerParts, wire: Wire, seen: Seen, memory: AnswerMemory): Promise<void> {
  if (isFailure(answer) && wire === 'json') return;
  const taken = await bodyOf(answer, isFailure(answer) ? freshMemory : memory);
  if (isFailure(answer)) {
    const json = asJson(taken.body);
    answer.body = json ?? taken.body;
    seen.unreadable = json === undefined && taken.body.at(0) !== '{'.charCodeAt(0);
    return;
  }
  if (wire === 'cbor' && !isCbor(answer)) seen.contentType = answer.headers['content-type'] ?? 'none';
  seen.answer = taken;
  answer.body = new Uint8Array(0);
}

function bodyFor({ iterator, limit }: Question, wire: Wire): Buffer {
  return wire === 'cbor' ? encodeRequest(iterator, limit) : Buffer.from(JSON.stringify({ ShardIterator: iterator, Limit: limit }));
}

interface Way {
  readonly client: KinesisClient;
  readonly route: Route;
  readonly memory: AnswerMemory;
}

/** @param received instead of sending anything */
function commandOf({ route, memory }: Way, wire: Wire, question: Question, seen: Seen, received: HttpAnswerParts | undefined): GetRecordsCommand {
  const command = new GetRecordsCommand({ ShardIterator: question.iterator, Limit: question.limit });
  if (wire === 'cbor')
    command.middlewareStack.add(
      (next) => (given) => {
        if (isRequest(given.request)) {
          given.request.headers['content-type'] = contentTypes.cbor;
          given.request.body = bodyFor(question, wire);
        }
        return next(given);
      },
      // Before the length is counted and the request is signed.
      { step: 'build', priority: 'high', name: 'shardfoldRequestEncoding' },
    );
  command.middlewareStack.add(
    (next) => async (given) => {
      const result = received === undefined ? await next(given) : { response: received };
      if (!isAnswer(result.response)) return result;
      if (!isFailure(result.response)) route.learn(given.request);
      await takeOver(result.response, wire, seen, memory);
      return result;
    },
    // Before the SDK's own deserialiser sees the answer.
    { step: 'deserialize', priority: 'low', name: 'shardfoldAnswerBody' },
  );
  return command;
}

function isRefusal(error: unknown, seen: Seen): error is Error {
  if (!(error instanceof Error)) return false;
  const status = (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
  return status === unsupportedMediaType || (refusalStatuses.has(status) && (refusals.has(error.name) || seen.unreadable));
}

/** Throws the SDK's exceptions, `BodyError`, or `WireRefused` where the endpoint does not understand CBOR. */
export async function exchange(way: Way, wire: Wire, question: Question, signal: AbortSignal): Promise<Answer> {
  const seen: Seen = { answer: undefined, unreadable: false, contentType: undefined };
  // What the SDK does not know of it hands on to the request handler, which reads the body right into this memory.
  const options = { abortSignal: signal, answerMemory: way.memory };
  const received = await way.route.ask({ contentType: contentTypes[wire], body: bodyFor(question, wire), options });
  try {
    if (received !== undefined && !isFailure(received)) await takeOver(received, wire, seen, way.memory);
    else await way.client.send(commandOf(way, wire, question, seen, received), options);
  } catch (error) {
    if (wire === 'cbor' && isRefusal(error, seen)) throw new WireRefused(`it refuses the request (${error.name})`, { cause: error });
    throw error;
  }
  if (seen.contentType !== undefined) throw new WireRefused(`its answer has the content type ${seen.contentType}`);
  const { answer } = seen;
  if (answer === undefined) throw new BodyError('cut', 'did not come');
  // The client remembers parts of its first call, and with them what a command's functions hold: 10 MB, for as long as it lives.
  seen.answer = undefined;
  return answer;
}
