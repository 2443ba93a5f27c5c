// Sorts whatever the DynamoDB client throws into the catalogue of `../errors.ts`. Total: every value has its code.
import { LeaseError, type LeaseErrorCode } from '../errors.ts';

interface Sort {
  /** Of the error's name. */
  readonly names?: RegExp;
  /** Of an error that has no name of its own. */
  readonly messages?: RegExp;
  readonly statuses?: readonly number[];
  readonly code: LeaseErrorCode;
  readonly retryable: boolean;
  readonly says: string;
}

/** The first that fits counts. */
const sorts: readonly Sort[] = [
  {
    names: /^(Resource|Table)NotFoundException$/,
    code: 'TABLE_MISSING',
    retryable: false,
    says: 'does not exist. Nothing is read without it. Check the name and the region, or let `open` create it',
  },
  {
    messages: /^Region is missing$/,
    code: 'TABLE_MISSING',
    retryable: false,
    says: 'cannot be found without a region. Nothing is read. Name the region, in the configuration or as the AWS tools do',
  },
  {
    names: /^LimitExceeded(Exception)?$/,
    code: 'TABLE_THROTTLED',
    retryable: true,
    says: 'cannot be made or changed now: the account makes or changes too many tables at once. It is tried again. Wait, or have the limit raised',
  },
  {
    names: /^(TransactionConflict|TransactionInProgress|ReplicatedWriteConflict)Exception$/,
    code: 'TABLE_THROTTLED',
    retryable: true,
    says: 'is being written by somebody else at the same row. The request is repeated until the lease runs out. Let nothing but lease workers write it',
  },
  {
    names:
      /^((ProvisionedThroughputExceeded|Throttling|Throttled|RequestLimitExceeded|TooManyRequests|RequestThrottled|BandwidthLimitExceeded|SlowDown)(Exception|Error)?|KMSThrottlingException)$/,
    statuses: [429],
    code: 'TABLE_THROTTLED',
    retryable: true,
    says: 'is throttled. The request is repeated until the lease runs out. Use on-demand capacity, or raise the provisioned one',
  },
  {
    names: /^KMS\w+$/,
    code: 'TABLE_DENIED',
    retryable: false,
    says: 'is encrypted with a key that may not be used. No lease is taken or renewed. Enable the key, and allow its use to DynamoDB and to these credentials',
  },
  {
    // They come back by themselves as often as not; the coordinator does not start without them.
    names: /^(CredentialsProvider|TokenProvider|Provider)Error$|^UnauthorizedSSOTokenError$|^ExpiredToken(Exception)?$/,
    code: 'TABLE_DENIED',
    retryable: true,
    says: 'cannot be used without credentials, and none were found or they ran out. Leases in hand go on until their own fence. Log in again, or give the worker a role or keys',
  },
  {
    names: /^(RequestTimeTooSkewed|RequestExpired|RequestInTheFuture)(Exception)?$/,
    code: 'TABLE_DENIED',
    retryable: true,
    says: 'refuses requests of this time of day. Leases in hand go on until their own fence. Set the clock of this machine',
  },
  {
    names:
      /^(AccessDenied|Unauthorized|UnauthorizedOperation|Forbidden|UnrecognizedClient|InvalidSignature|IncompleteSignature|SignatureDoesNotMatch|MissingAuthenticationToken|InvalidToken|InvalidClientTokenId|InvalidAccessKeyId|InvalidIdentityToken|AuthFailure|OptInRequired|NotAuthorized)(Exception|Error)?$/,
    statuses: [401, 403],
    code: 'TABLE_DENIED',
    retryable: false,
    says: 'may not be used with these credentials. No lease is taken or renewed. Allow DescribeTable, CreateTable, GetItem, PutItem, UpdateItem, DeleteItem and Scan on it',
  },
  {
    names: /^(Validation|ItemCollectionSizeLimitExceeded|Serialization|UnknownOperation|InvalidAction)(Exception)?$/,
    statuses: [413],
    code: 'TABLE_SCHEMA',
    retryable: false,
    says: 'does not accept what a lease table accepts. Nothing was written. Check that its only key is the text leaseKey',
  },
];

/** Servers in trouble, networks, time-outs, and what nobody has met yet. */
const unreachable: Sort = {
  code: 'TABLE_UNREACHABLE',
  retryable: true,
  says: 'did not answer. Leases in hand go on until their own fence, and the request is repeated. Check the endpoint, the region and the network',
};

function field(thrown: unknown, name: string): unknown {
  return typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, name) : undefined;
}

function textIn(thrown: unknown, name: string): string | undefined {
  const value = field(thrown, name);
  return typeof value === 'string' ? value : undefined;
}

/** The lease error for a value that a request about `table` was rejected with. An error that is one already stays itself. */
export function classify(thrown: unknown, table: string): LeaseError {
  if (thrown instanceof LeaseError) return thrown;
  const name = textIn(thrown, 'name') ?? '';
  const status = field(field(thrown, '$metadata'), 'httpStatusCode');
  const message = textIn(thrown, 'message');
  const named = sorts.find(({ names, messages }) => names?.test(name) === true || messages?.test(message ?? '') === true);
  const { code, retryable, says } = named ?? sorts.find(({ statuses }) => statuses?.some((one) => one === status)) ?? unreachable;
  const detail = message ?? (typeof thrown === 'string' ? thrown : `a ${typeof thrown} was thrown`);
  return new LeaseError(code, `The lease table '${table}' ${says}. (${name === '' ? '' : `${name}: `}${detail})`, { retryable, cause: thrown });
}
