// Puts records into a stream in bursts: plain ones, and aggregates that were put together for a shard which may be gone when they
// are put. It knows no reader.
import { aggregate } from '@shardfold/consumer/testing';
import type { VirtualTime } from '@shardfold/lease/testing';
import type { Chance } from '../chance.ts';
import type { Puts } from './settings.ts';
import type { BookedRecord, ConsumerStream } from './stream.ts';

export interface Producer {
  stop(): void;
}

export interface ProducerOptions {
  readonly stream: ConsumerStream;
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly puts: Puts;
  readonly onPut: (records: readonly BookedRecord[]) => void;
}

const steps = 1_000;
const encoder = new TextEncoder();

export function startProducer({ stream, time, chance, puts, onPut }: ProducerOptions): Producer {
  let count = 0;
  let stopped = false;

  function text(): string {
    count += 1;
    return `record ${count} `.padEnd(Math.round(chance.between(...puts.bytes)), '.');
  }

  function hashKeyIn({ from, to }: { readonly from: bigint; readonly to: bigint }): bigint {
    return from + ((to - from) * BigInt(chance.whole(0, steps))) / BigInt(steps);
  }

  function putPlain(): void {
    const data = text();
    onPut(stream.put({ partitionKey: `key ${count}`, data }, [{ text: data, hashKey: undefined }]));
  }

  function putAggregate(): void {
    const shard = chance.pick(stream.open());
    if (shard === undefined) return;
    const range = stream.range(shard.shardId);
    const records = Array.from({ length: chance.whole(1, puts.maxCarried) }, () => ({ text: text(), hashKey: hashKeyIn(range) }));
    const data = aggregate(records.map((record) => ({ partitionKey: 'carried', explicitHashKey: String(record.hashKey), data: encoder.encode(record.text) })));
    const put = (): void => onPut(stream.put({ partitionKey: 'carrier', explicitHashKey: String(hashKeyIn(range)), data }, records));
    const heldMs = chance.between(0, puts.maxHeldMs);
    if (heldMs === 0) put();
    else time.after(heldMs, put, true);
  }

  function burst(): void {
    if (stopped) return;
    for (let left = chance.whole(1, puts.maxBurst); left > 0; left -= 1) {
      if (chance.hits(puts.aggregated)) putAggregate();
      else putPlain();
    }
    time.after(chance.wait(puts.everyMs), burst, true);
  }

  time.after(chance.wait(puts.everyMs), burst, true);
  return {
    stop() {
      stopped = true;
    },
  };
}
