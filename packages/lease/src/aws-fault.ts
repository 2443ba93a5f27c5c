// What AWS refuses a request for, whichever service was asked: by the error's name, where it has none by its status. It knows no
// table and no stream, and says nothing to a person.

/**
 * - `region`: none is configured.
 * - `throttled`: slow down.
 * - `key`: the key that encrypts the resource may not be used.
 * - `credentials`: none were found, or they ran out; as often as not they come back by themselves.
 * - `clock`: the signature is of another time of day. The client corrects it by the server's clock for its next request.
 * - `denied`: these credentials may not do that.
 * - `unknown-request`: whoever answers does not know it; an emulator, or another service.
 */
export type AwsFault = 'region' | 'throttled' | 'key' | 'credentials' | 'clock' | 'denied' | 'unknown-request';

interface Sort {
  readonly fault: AwsFault;
  readonly names?: RegExp;
  /** Of an error that has no name of its own. */
  readonly messages?: RegExp;
  readonly statuses?: readonly number[];
}

/** The first that fits counts; names before statuses. */
const sorts: readonly Sort[] = [
  { fault: 'region', messages: /^Region is missing$/ },
  {
    fault: 'throttled',
    names:
      /^((ProvisionedThroughputExceeded|Throttling|Throttled|RequestLimitExceeded|TooManyRequests|RequestThrottled|BandwidthLimitExceeded|SlowDown)(Exception|Error)?|KMSThrottlingException)$/,
    statuses: [429],
  },
  { fault: 'key', names: /^KMS\w+$/ },
  { fault: 'credentials', names: /^(CredentialsProvider|TokenProvider|Provider)Error$|^UnauthorizedSSOTokenError$|^ExpiredToken(Exception)?$/ },
  { fault: 'clock', names: /^(RequestTimeTooSkewed|RequestExpired|RequestInTheFuture)(Exception)?$/ },
  {
    fault: 'denied',
    names:
      /^(AccessDenied|Unauthorized|UnauthorizedOperation|Forbidden|UnrecognizedClient|InvalidSignature|IncompleteSignature|SignatureDoesNotMatch|MissingAuthenticationToken|InvalidToken|InvalidClientTokenId|InvalidAccessKeyId|InvalidIdentityToken|AuthFailure|OptInRequired|NotAuthorized)(Exception|Error)?$/,
    statuses: [401, 403],
  },
  { fault: 'unknown-request', names: /^(UnknownOperation|InvalidAction)(Exception)?$/ },
];

function field(thrown: unknown, name: string): unknown {
  return typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, name) : undefined;
}

/** Undefined: something else, of the service's own, of the network or of the program. Total. */
export function awsFaultOf(thrown: unknown): AwsFault | undefined {
  const metadata = field(thrown, '$metadata');
  // A wrong clock shows as a wrong signature; the client has seen the server's by now.
  if (field(metadata, 'clockSkewCorrected') === true) return 'clock';
  const name = String(field(thrown, 'name') ?? '');
  const message = String(field(thrown, 'message') ?? '');
  const status = field(metadata, 'httpStatusCode');
  const named = sorts.find(({ names, messages }) => names?.test(name) === true || messages?.test(message) === true);
  return (named ?? sorts.find(({ statuses }) => statuses?.some((one) => one === status)))?.fault;
}
