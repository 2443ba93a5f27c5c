// How streams are named: in the configuration by name, ARN or pattern, in a lease table of several streams by account, name and
// time of creation. Pure.
import { ConsumerError } from '../errors.ts';
import type { StreamDescription } from '../source/service.ts';

/** Whether several streams may be meant, which makes the lease keys name theirs. */
export function isPattern(stream: string): boolean {
  return /[*?]/.test(stream);
}

/** `*` stands for any characters, `?` for one. */
export function matcher(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const whole = new RegExp(`^${source}$`);
  return (name) => whole.test(name);
}

/** One stream without a pattern has the KCL's single-stream lease keys. */
export function isSingle(streams: readonly string[]): boolean {
  return streams.length === 1 && streams.every((stream) => !isPattern(stream));
}

/**
 * What the multi-stream keys of this stream begin with: `account:name:epoch`. Throws `ConsumerError` OPTIONS_INVALID when the
 * service does not say enough of the stream.
 */
export function multiStreamName({ arn, name, createdAtS }: StreamDescription): string {
  const [, account] = /^arn:[^:]+:[a-z]+:[^:]*:(\d+):/.exec(arn) ?? [];
  if (account === undefined || createdAtS === undefined)
    throw new ConsumerError(
      'OPTIONS_INVALID',
      `Multi-stream keys name a stream by its account, its name and the time of its creation, and the service says only ${arn}${createdAtS === undefined ? ' and no time' : ''}. Nothing was written. Use single-stream keys with this service.`,
      { retryable: false },
    );
  return `${account}:${name}:${createdAtS}`;
}
