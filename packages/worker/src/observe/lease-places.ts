// Which stream and shard a lease is of, by its key. Pure.
import { isPattern } from '@shardfold/consumer';

export interface LeasePlace {
  readonly stream?: string;
  readonly shard?: string;
}

/** `account:stream:epoch:shard`. */
const multiStreamKey = /^(\d+):([^:]+):\d+:([^:]+)$/;

/** An ARN of a stream, or of a table whose stream is read, in this account and of this name. */
function isArnOf(arn: string, account: string, name: string): boolean {
  const [begin, , , , owner, resource = ''] = arn.split(':');
  return begin === 'arn' && owner === account && resource.split('/')[1] === name;
}

/** `streams`: as configured. One without a pattern has keys that are shard ids; other keys name the stream. */
export function leasePlaces(streams: readonly string[]): (key: string) => LeasePlace {
  const [only] = streams;
  if (only !== undefined && streams.length === 1 && !isPattern(only)) return (key) => ({ stream: only, shard: key });
  return (key) => {
    const [, account, name, shard] = multiStreamKey.exec(key) ?? [];
    if (account === undefined || name === undefined || shard === undefined) return {};
    return { stream: streams.find((stream) => isArnOf(stream, account, name)) ?? name, shard };
  };
}
