// Sorts whatever the DynamoDB client throws into the catalogue of `../errors.ts`. Total: every value has its code.
import { type AwsFault, awsFaultOf } from '../aws-fault.ts';
import { LeaseError, type LeaseErrorCode } from '../errors.ts';

interface Sort {
  readonly code: LeaseErrorCode;
  readonly retryable: boolean;
  readonly says: string;
}

/** What only a table is refused for. The first that fits counts. */
const ofTables: readonly (Sort & { readonly names: RegExp; readonly statuses?: readonly number[] })[] = [
  {
    names: /^(Resource|Table)NotFoundException$/,
    code: 'TABLE_MISSING',
    retryable: false,
    says: 'does not exist. Nothing is read without it. Check the name and the region, or start a worker, which creates it',
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
    names: /^(Validation|ItemCollectionSizeLimitExceeded|Serialization)(Exception)?$/,
    statuses: [413],
    code: 'TABLE_SCHEMA',
    retryable: false,
    says: 'does not accept what a lease table accepts. Nothing was written. Check that its only key is the text leaseKey',
  },
];

const ofAws: Readonly<Record<AwsFault, Sort>> = {
  region: {
    code: 'TABLE_MISSING',
    retryable: false,
    says: 'cannot be found without a region. Nothing is read. Name the region, in the configuration or as the AWS tools do',
  },
  throttled: {
    code: 'TABLE_THROTTLED',
    retryable: true,
    says: 'is throttled. The request is repeated until the lease runs out. Use on-demand capacity, or raise the provisioned one',
  },
  key: {
    code: 'TABLE_DENIED',
    retryable: false,
    says: 'is encrypted with a key that may not be used. No lease is taken or renewed. Enable the key, and allow its use to DynamoDB and to these credentials',
  },
  // They come back by themselves as often as not; the coordinator does not start without them.
  credentials: {
    code: 'TABLE_DENIED',
    retryable: true,
    says: 'cannot be used without credentials, and none were found or they ran out. Leases in hand go on until their own fence. Log in again, or give the worker a role or keys',
  },
  clock: {
    code: 'TABLE_DENIED',
    retryable: true,
    says: 'refuses requests of this time of day. Leases in hand go on until their own fence. Set the clock of this machine',
  },
  denied: {
    code: 'TABLE_DENIED',
    retryable: false,
    says: 'may not be used with these credentials. No lease is taken or renewed. Allow DescribeTable, CreateTable, GetItem, PutItem, UpdateItem, DeleteItem and Scan on it',
  },
  'unknown-request': {
    code: 'TABLE_SCHEMA',
    retryable: false,
    says: 'is asked for at an endpoint that does not know the request. Nothing was written. Check the endpoint',
  },
};

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

function sortOf(thrown: unknown, name: string): Sort {
  const status = field(field(thrown, '$metadata'), 'httpStatusCode');
  const fault = awsFaultOf(thrown);
  return (
    ofTables.find(({ names }) => names.test(name)) ??
    (fault === undefined ? ofTables.find(({ statuses }) => statuses?.some((one) => one === status)) : ofAws[fault]) ??
    unreachable
  );
}

/** The lease error for a value that a request about `table` was rejected with. An error that is one already stays itself. */
export function classify(thrown: unknown, table: string): LeaseError {
  if (thrown instanceof LeaseError) return thrown;
  const name = textIn(thrown, 'name') ?? '';
  const { code, retryable, says } = sortOf(thrown, name);
  const detail = textIn(thrown, 'message') ?? (typeof thrown === 'string' ? thrown : `a ${typeof thrown} was thrown`);
  return new LeaseError(code, `The lease table '${table}' ${says}. (${name === '' ? '' : `${name}: `}${detail})`, { retryable, cause: thrown });
}
