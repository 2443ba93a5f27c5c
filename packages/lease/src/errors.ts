// The closed catalogue of what can go wrong with leases. It knows no server: `dynamodb/errors.ts` sorts what a server throws.

export type LeaseErrorCode =
  | 'LEASE_LOST'
  | 'POSITION_BACKWARD'
  | 'TABLE_UNREACHABLE'
  | 'TABLE_THROTTLED'
  | 'TABLE_DENIED'
  | 'TABLE_MISSING'
  | 'TABLE_SCHEMA'
  | 'TABLE_FOREIGN'
  | 'HELD_BY_OTHERS'
  | 'ROW_BROKEN';

/** `retryable`: the environment's fault, worth trying again unchanged. */
export class LeaseError extends Error {
  readonly code: LeaseErrorCode;
  readonly retryable: boolean;
  constructor(code: LeaseErrorCode, message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.name = 'LeaseError';
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
