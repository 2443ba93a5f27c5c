// The closed catalogue of what can go wrong while reading a stream. It knows no client: `kinesis/errors.ts` sorts what the
// SDK throws.

export type ConsumerErrorCode =
  | 'STREAM_MISSING'
  | 'STREAM_DENIED'
  | 'STREAM_UNSUITABLE'
  | 'STREAM_THROTTLED'
  | 'STREAM_UNREACHABLE'
  | 'ITERATOR_EXPIRED'
  | 'POSITION_INVALID'
  | 'OPTIONS_INVALID'
  | 'CHILDREN_UNKNOWN'
  | 'SHARD_GONE'
  | 'POSITION_GAP'
  | 'BATCH_RELEASED'
  | 'FAN_OUT_REFUSED';

/** `retryable`: the environment's fault, worth trying again unchanged. */
export class ConsumerError extends Error {
  readonly code: ConsumerErrorCode;
  readonly retryable: boolean;
  constructor(code: ConsumerErrorCode, message: string, options: { readonly retryable: boolean; readonly cause?: unknown }) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.name = 'ConsumerError';
    this.code = code;
    this.retryable = options.retryable;
  }
}
