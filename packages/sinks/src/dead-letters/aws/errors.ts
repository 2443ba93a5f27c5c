// Sorts whatever an AWS client or the network throws about a bucket or a queue. It runs nothing and retries nothing. (The lease
// package sorts the same faults for tables of leases; no package may import it but the consumer.)
import { SinkError, type SinkErrorCode } from '../../types.ts';

/** What was asked, so far as a message needs it. */
export interface AwsPlace {
  /** `S3 bucket letters`. */
  readonly name: string;
  /** The actions that its credentials need. */
  readonly actions: string;
}

interface Sort {
  readonly names?: RegExp;
  readonly messages?: RegExp;
  /** Of an error whose name says nothing. */
  readonly statuses?: readonly number[];
  readonly code: SinkErrorCode;
  readonly retryable: boolean;
  remedy(place: AwsPlace): string;
}

/** The first that fits counts; names before statuses. */
const sorts: readonly Sort[] = [
  {
    messages: /^Region is missing$/,
    code: 'SINK_TABLE_MISSING',
    retryable: false,
    remedy: () => 'Nothing is kept there. Name the region, in the configuration or as the AWS tools do.',
  },
  {
    names: /^(NoSuchBucket|NotFound|InvalidBucketName|QueueDoesNotExist|QueueDoesNotExistException|AWS\.SimpleQueueService\.NonExistentQueue|InvalidAddress)$/,
    code: 'SINK_TABLE_MISSING',
    retryable: false,
    remedy: () => 'Nothing is kept there. Create it, or correct its name and region.',
  },
  {
    names: /^(PermanentRedirect|TemporaryRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/,
    statuses: [301, 307],
    code: 'SINK_TABLE_MISSING',
    retryable: false,
    remedy: () => 'Nothing is kept there. It lies in another region: name that one.',
  },
  {
    names:
      /^((ProvisionedThroughputExceeded|Throttling|Throttled|RequestLimitExceeded|TooManyRequests|RequestThrottled|BandwidthLimitExceeded|SlowDown|KmsThrottled|OverLimit|QueueDeletedRecently|ServiceUnavailable)(Exception|Error)?|KMSThrottlingException|OperationAborted|ConditionalRequestConflict)$/,
    statuses: [409, 429, 503],
    code: 'SINK_BUSY',
    retryable: true,
    remedy: () => 'It is tried again. If it goes on, have the limit raised, or let fewer programs use it.',
  },
  {
    names: /^(QuotaExceeded|XMinioStorageFull|InsufficientStorage|InsufficientCapacity)$/,
    statuses: [507],
    code: 'SINK_BUSY',
    retryable: true,
    remedy: () => 'It is tried again. Give it more room.',
  },
  {
    names: /^(KMS\w+|Kms\w+)$/,
    code: 'SINK_DENIED',
    retryable: false,
    remedy: () => 'Nothing is kept there. Enable the key that encrypts it, and allow its use to these credentials.',
  },
  {
    names: /^(CredentialsProvider|TokenProvider|Provider)Error$|^UnauthorizedSSOTokenError$|^ExpiredToken(Exception)?$/,
    code: 'SINK_DENIED',
    retryable: true,
    remedy: () => 'It is tried again. Log in again, or give the program a role or keys.',
  },
  {
    names: /^(RequestTimeTooSkewed|RequestExpired|RequestInTheFuture)(Exception)?$/,
    code: 'SINK_DENIED',
    retryable: true,
    remedy: () => 'It is tried again. Set the clock of this machine.',
  },
  {
    names:
      /^(AccessDenied|AllAccessDisabled|AccountProblem|Unauthorized|UnauthorizedOperation|Forbidden|UnrecognizedClient|InvalidSecurity|InvalidSignature|IncompleteSignature|SignatureDoesNotMatch|MissingAuthenticationToken|InvalidToken|InvalidClientTokenId|InvalidAccessKeyId|AuthFailure|OptInRequired|NotAuthorized)(Exception|Error)?$/,
    statuses: [401, 403],
    code: 'SINK_DENIED',
    retryable: false,
    remedy: ({ actions }) => `Nothing is kept there. Check the credentials, and allow them ${actions}.`,
  },
  {
    names: /^(UnknownOperation|InvalidAction|UnsupportedOperation|MethodNotAllowed)(Exception)?$/,
    statuses: [405],
    code: 'SINK_TABLE_MISMATCH',
    retryable: false,
    remedy: () => 'Nothing is kept there. Whoever answers does not know the request: check the endpoint.',
  },
];

const unreachable: Omit<Sort, 'names'> = {
  code: 'SINK_UNREACHABLE',
  retryable: true,
  remedy: () => 'It is tried again. Check the endpoint, the region and the network.',
};

const refused: Omit<Sort, 'names'> = { code: 'SINK_UNEXPECTED', retryable: false, remedy: () => 'Nothing was kept. Report it with the message.' };

const maxDetailChars = 500;

function field(thrown: unknown, name: string): unknown {
  return typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, name) : undefined;
}

function textIn(thrown: unknown, name: string): string {
  const value = field(thrown, name);
  return typeof value === 'string' ? value : '';
}

/** The error's name, or for the network's the system's code. */
export function awsNameOf(thrown: unknown): string {
  const name = textIn(thrown, 'name');
  return name === '' || name === 'Error' ? textIn(thrown, 'code') || name : name;
}

/** Of the answer; undefined where none came. */
export function awsStatusOf(thrown: unknown): number | undefined {
  const status = field(field(thrown, '$metadata'), 'httpStatusCode');
  return typeof status === 'number' ? status : undefined;
}

function sortOf(thrown: unknown, detail: string): Omit<Sort, 'names'> {
  const name = awsNameOf(thrown);
  const status = awsStatusOf(thrown);
  const named = sorts.find(({ names, messages }) => names?.test(name) === true || messages?.test(detail) === true);
  const known = named ?? sorts.find(({ statuses }) => status !== undefined && statuses?.includes(status) === true);
  if (known !== undefined) return known;
  return status !== undefined && status >= 400 && status < 500 ? refused : unreachable;
}

/** Total: any thrown value becomes a `SinkError`, which keeps it as its cause. */
export function sortAwsError(thrown: unknown, place: AwsPlace): SinkError {
  if (thrown instanceof SinkError) return thrown;
  const name = awsNameOf(thrown);
  const detail = textIn(thrown, 'message') || (typeof thrown === 'string' ? thrown : name);
  const { code, retryable, remedy } = sortOf(thrown, detail);
  const said = `${detail.replace(/\s+/g, ' ').slice(0, maxDetailChars).replace(/\.$/, '')}${name === '' || name === detail ? '' : ` (${name})`}`;
  return new SinkError(code, `${place.name}: ${said === '' ? 'no answer' : said}. ${remedy(place)}`, { retryable, cause: thrown });
}
