// Errors of SQL databases as the seam's. It sorts nothing itself: a dialect does.
import { SinkError } from '../types.ts';
import type { SqlDialect } from './dialect.ts';

/** What is thrown for a statement that belongs to no row. */
export function asSinkError({ product, sortError }: Pick<SqlDialect, 'product' | 'sortError'>, error: unknown): SinkError {
  const sorted = sortError(error);
  if (sorted.kind === 'sink') return sorted.error;
  const { code, message } = sorted.error;
  return new SinkError('SINK_UNEXPECTED', `${product}: ${message} (${code}). Writing waits until that is mended: report it with the message.`, {
    retryable: false,
    cause: error,
  });
}

export function stopped(product: string): SinkError {
  return new SinkError('SINK_CLOSED', `${product}: the write was broken off because the program stops.`, { retryable: false });
}
