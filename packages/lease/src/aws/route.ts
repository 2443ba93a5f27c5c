// How a client of the SDK sends a request, learnt from one that it sent: where to, with which headers, signed for what. By that the
// next is sent without the client's stages, which take a millisecond of CPU each time. Whatever this does not know for
// sure it leaves to the client. It knows no body and no answer.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../time.ts';
import { amzDate, createSigner, type Signer } from './signature.ts';

/** Of any service. */
export interface RoutedClient {
  readonly config: Pick<DynamoDBClient['config'], 'credentials' | 'systemClockOffset' | 'requestHandler'>;
}

type Handle = DynamoDBClient['config']['requestHandler']['handle'];
type ClientRequest = Parameters<Handle>[0];

/** As a request handler gives it. */
export type RoutedAnswer = Awaited<ReturnType<Handle>>['response'];

export interface RoutedQuestion {
  readonly contentType: string;
  readonly body: Uint8Array;
  /** What the request handler is told, as the client would. */
  readonly options: Parameters<Handle>[1] & { readonly abortSignal: AbortSignal };
}

/** For requests of one operation. */
export interface Route {
  /** @param request as the client hands it to its request handler, signed; one that was answered well */
  learn(request: unknown): void;
  /**
   * The answer, whatever it says. Undefined: nothing was sent, the client has to. After a failure nothing is known any more: what was
   * learnt may be what is wrong. Throws what the request handler throws, or the signal's reason.
   */
  ask(question: RoutedQuestion): Promise<RoutedAnswer | undefined>;
}

export const isFailure = ({ statusCode }: Pick<RoutedAnswer, 'statusCode'>): boolean => statusCode >= 300;

interface Learnt {
  readonly request: ClientRequest;
  readonly host: string;
  readonly target: string;
  readonly userAgent: string;
  readonly accessKeyId: string;
  readonly sign: Signer;
}

const authorization = /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/\d{8}\/([^/,]+)\/([^/,]+)\/aws4_request,/;

function isRequest(value: unknown): value is ClientRequest {
  return typeof value === 'object' && value !== null && 'headers' in value && 'hostname' in value && 'path' in value;
}

/** Undefined for one that is signed otherwise, or not sent to a root. */
function learntFrom(request: unknown): Learnt | undefined {
  if (!isRequest(request) || request.method !== 'POST' || request.path !== '/' || Object.keys(request.query ?? {}).length > 0) return undefined;
  const { host, authorization: given = '', 'x-amz-target': target, 'user-agent': userAgent } = request.headers;
  const [, accessKeyId, region, service] = authorization.exec(given) ?? [];
  if (host === undefined || target === undefined || userAgent === undefined) return undefined;
  if (accessKeyId === undefined || region === undefined || service === undefined) return undefined;
  return { request, host, target, userAgent, accessKeyId, sign: createSigner({ region, service }) };
}

/** @param clock the machine's own, whatever time the program lives in: signatures count at the service's */
export function createRoute({ config }: RoutedClient, clock: Pick<Clock, 'wallMs'>): Route {
  let learnt: Learnt | undefined;

  /** Undefined where anything is in doubt; what is wrong with the credentials the client says. */
  async function requestFor({ contentType, body }: RoutedQuestion): Promise<ClientRequest | undefined> {
    const known = learnt;
    const keys = known === undefined ? undefined : await config.credentials().catch(() => undefined);
    // Other keys may be another account's, with another endpoint.
    if (known === undefined || keys === undefined || keys.accessKeyId !== known.accessKeyId) return undefined;
    const signed = {
      'content-type': contentType,
      host: known.host,
      'x-amz-date': amzDate(clock.wallMs() + config.systemClockOffset),
      ...(keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken }),
      'x-amz-target': known.target,
    };
    const headers = { ...signed, 'content-length': String(body.length), 'user-agent': known.userAgent, authorization: known.sign(keys, signed, body) };
    return Object.assign(known.request.clone(), { headers, body });
  }

  return {
    learn(request) {
      learnt = learntFrom(request);
    },
    async ask(question) {
      const request = await requestFor(question);
      if (request === undefined) return undefined;
      question.options.abortSignal.throwIfAborted();
      try {
        const { response } = await config.requestHandler.handle(request, question.options);
        if (isFailure(response)) learnt = undefined;
        return response;
      } catch (error) {
        learnt = undefined;
        throw error;
      }
    },
  };
}
