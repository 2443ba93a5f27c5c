// One record of an answer, and the answer's bytes that it stands on until they are let go. It knows no wire.
import { ConsumerError } from '../../errors.ts';
import type { ShardRef, StreamRecord } from '../../types.ts';

/** Where payloads are until `free()`. A record keeps its place in them and nothing else, so that keeping a record keeps no answer alive. */
export interface Payloads {
  /** False: it is none. All of these throw BATCH_RELEASED after `free()`. */
  mayBeAggregate(start: number, end: number): boolean;
  /** In memory of their own, each: a `Buffer` may be a part of sixty-four kilobytes that it shares and keeps. */
  bytes(start: number, end: number): Uint8Array;
  text(start: number, end: number): string;
  free(): void;
}

/**
 * A class, against the house's habit: ten thousand of these come with every answer of a busy shard, and methods that they share cost
 * nothing, while functions of their own would be two more objects a record.
 */
export class WireRecord implements StreamRecord {
  readonly shard: ShardRef;
  readonly sequence: string;
  readonly subSequence: number;
  readonly arrivalMs: number;
  readonly partitionKey: string;
  readonly #payloads: Payloads;
  readonly #start: number;
  readonly #end: number;

  constructor(shard: ShardRef, sequence: string, partitionKey: string, arrivalMs: number, payloads: Payloads, start: number, end: number) {
    this.shard = shard;
    this.sequence = sequence;
    this.subSequence = 0;
    this.arrivalMs = arrivalMs;
    this.partitionKey = partitionKey;
    this.#payloads = payloads;
    this.#start = start;
    this.#end = end;
  }

  mayBeAggregate(): boolean {
    return this.#payloads.mayBeAggregate(this.#start, this.#end);
  }

  bytes(): Uint8Array {
    return this.#payloads.bytes(this.#start, this.#end);
  }

  text(): string {
    return this.#payloads.text(this.#start, this.#end);
  }
}

/** What is still there; throws BATCH_RELEASED once it was let go. */
export function held<T>(thing: T | undefined): T {
  if (thing !== undefined) return thing;
  throw new ConsumerError(
    'BATCH_RELEASED',
    'A payload was asked for after its batch was released: its bytes are gone, and nothing is given. Ask while the batch is being processed, and keep what was given then: it is a copy.',
    { retryable: false },
  );
}

/** What an aggregate begins with (`aggregation/deaggregate.ts`), as bytes and as base64. */
const aggregateMark = { bytes: 0xf3899ac2, base64: 0x38346d61, text: '84ma' };
const markBytes = 4;

/**
 * Payloads that lie in the answer as they are. A text is read from there; bytes are copied: who keeps them must not keep the answer,
 * whose memory is used again.
 */
export function rawPayloads(answer: Buffer): Payloads {
  let bytes: Buffer | undefined = answer;
  return {
    mayBeAggregate: (start, end) => end - start >= markBytes && held(bytes).readUInt32BE(start) === aggregateMark.bytes,
    bytes: (start, end) => new Uint8Array(held(bytes).subarray(start, end)),
    text: (start, end) => held(bytes).toString('utf8', start, end),
    free() {
      bytes = undefined;
    },
  };
}

/** Payloads that lie in the answer as base64. */
export function base64Payloads(answer: Buffer): Payloads {
  let bytes: Buffer | undefined = answer;
  const decoded = (start: number, end: number) => Buffer.from(held(bytes).toString('latin1', start, end), 'base64');
  return {
    mayBeAggregate: (start, end) => end - start >= markBytes && held(bytes).readUInt32BE(start) === aggregateMark.base64,
    bytes: (start, end) => new Uint8Array(decoded(start, end)),
    text: (start, end) => decoded(start, end).toString('utf8'),
    free() {
      bytes = undefined;
    },
  };
}

/** Payloads that have memory of their own each; a record's place is its index. */
export function separatePayloads(all: readonly Uint8Array[]): Payloads {
  let payloads: readonly Uint8Array[] | undefined = all;
  const at = (index: number): Buffer => {
    const { buffer, byteOffset, byteLength } = held(held(payloads)[index]);
    return Buffer.from(buffer, byteOffset, byteLength);
  };
  return {
    mayBeAggregate(index) {
      const bytes = at(index);
      return bytes.length >= markBytes && bytes.readUInt32BE(0) === aggregateMark.bytes;
    },
    bytes: (index) => new Uint8Array(at(index)),
    text: (index) => at(index).toString('utf8'),
    free() {
      payloads = undefined;
    },
  };
}

/** Payloads that are base64 texts by themselves; a record's place is its index. */
export function textPayloads(answer: readonly string[]): Payloads {
  let texts: readonly string[] | undefined = answer;
  const decoded = (index: number) => Buffer.from(held(texts)[index] ?? '', 'base64');
  return {
    mayBeAggregate: (index) => held(texts)[index]?.startsWith(aggregateMark.text) === true,
    bytes: (index) => new Uint8Array(decoded(index)),
    text: (index) => decoded(index).toString('utf8'),
    free() {
      texts = undefined;
    },
  };
}
