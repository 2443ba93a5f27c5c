// Iterators of streams in memory: a place in a shard, good for some minutes. As texts, because a reader sees no more of them, and
// because the service keeps none.
export interface ShardIterator {
  /** Tells a stream from one of the same name before it. */
  readonly createdAtS: number;
  readonly shardId: string;
  readonly place: number;
  readonly givenMs: number;
  /** No two iterators are the same. */
  readonly serial: number;
}

/** AWS: five minutes. */
export const iteratorLifeMs = 300_000;

export function iteratorText({ createdAtS, shardId, place, givenMs, serial }: ShardIterator): string {
  return `${createdAtS}/${shardId}/${place}/${givenMs}/${serial}`;
}

const pattern = /^(-?[0-9]+)\/([^/]+)\/([0-9]+)\/(-?[0-9.]+)\/([0-9]+)$/;

/** Undefined for a text that is none. */
export function readIterator(text: string): ShardIterator | undefined {
  const [, createdAtS, shardId = '', place, givenMs, serial] = pattern.exec(text) ?? [];
  if (createdAtS === undefined) return undefined;
  return { createdAtS: Number(createdAtS), shardId, place: Number(place), givenMs: Number(givenMs), serial: Number(serial) };
}
