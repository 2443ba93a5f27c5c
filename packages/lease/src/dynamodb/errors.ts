// Sorts whatever the DynamoDB client throws into the catalogue of `../errors.ts`. Total: every value has its code.
import { LeaseError, type LeaseErrorCode } from '../errors.ts';

const throttled =
  /^(ProvisionedThroughputExceeded|Throttling|ThrottlingError|RequestLimitExceeded|TooManyRequests|RequestThrottled|LimitExceeded)(Exception)?$/;
const denied =
  /^(AccessDenied|UnrecognizedClient|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|ExpiredToken|InvalidClientTokenId|InvalidAccessKeyId|OptInRequired|NotAuthorized|CredentialsProvider)(Exception|Error)?$/;
const unfit = /^(Validation|ItemCollectionSizeLimitExceeded|Serialization|UnknownOperation)(Exception)?$/;

interface Sorted {
  readonly code: LeaseErrorCode;
  readonly retryable: boolean;
  readonly says: string;
}

function sorted(name: string, status: number): Sorted {
  if (name === 'ResourceNotFoundException') {
    return {
      code: 'TABLE_MISSING',
      retryable: false,
      says: 'does not exist. Nothing is read without it. Check the name and the region, or let `open` create it',
    };
  }
  if (throttled.test(name) || status === 429) {
    return {
      code: 'TABLE_THROTTLED',
      retryable: true,
      says: 'is throttled. The request is repeated until the lease runs out. Use on-demand capacity, or raise the provisioned one',
    };
  }
  if (denied.test(name) || status === 401 || status === 403) {
    return {
      code: 'TABLE_DENIED',
      retryable: false,
      says: 'may not be used with these credentials. No lease is taken or renewed. Allow DescribeTable, CreateTable, GetItem, PutItem, UpdateItem, DeleteItem and Scan on it',
    };
  }
  if (unfit.test(name)) {
    return {
      code: 'TABLE_SCHEMA',
      retryable: false,
      says: 'does not accept what a lease table accepts. Nothing was written. Check that its only key is the text leaseKey',
    };
  }
  return {
    code: 'TABLE_UNREACHABLE',
    retryable: true,
    says: 'did not answer. Leases in hand go on until their own fence, and the request is repeated. Check the endpoint, the region and the network',
  };
}

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
  const { code, retryable, says } = sorted(name, typeof status === 'number' ? status : 0);
  const detail = textIn(thrown, 'message') ?? (typeof thrown === 'string' ? thrown : `a ${typeof thrown} was thrown`);
  return new LeaseError(code, `The lease table '${table}' ${says}. (${name === '' ? '' : `${name}: `}${detail})`, { retryable, cause: thrown });
}
