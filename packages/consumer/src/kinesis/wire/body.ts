// Collects the body of an HTTP answer into one buffer, whole or not at all. It knows no protocol over HTTP.
import type { Readable } from 'node:stream';
import type { AnswerMemory } from './answer-memory.ts';

/** Three times what the service answers at most: 10 MB of payloads, and a third more as base64. */
export const bodyBytesMax = 32 * 1024 * 1024;

/** `cut`: less came than was announced, or the connection broke; `too-large`: the rest was not read. */
export type BodyFault = 'cut' | 'too-large';

export class BodyError extends Error {
  readonly fault: BodyFault;
  constructor(fault: BodyFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'BodyError';
    this.fault = fault;
  }
}

/** Puts the pieces of a body together. */
export interface Filling {
  add(chunk: Buffer): void;
  done(): Buffer;
  readonly bytes: () => number;
}

/** The length is known: one buffer, filled as chunks come. */
function fillingOf(buffer: Buffer): Filling {
  const announced = buffer.length;
  let bytes = 0;
  return {
    add(chunk) {
      if (bytes + chunk.length <= announced) buffer.set(chunk, bytes);
      bytes += chunk.length;
    },
    done: () => buffer,
    bytes: () => bytes,
  };
}

/** The length is not known. It keeps the chunks until they are joined. */
export function growing(): Filling {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    add(chunk) {
      chunks.push(chunk);
      bytes += chunk.length;
    },
    done: () => Buffer.concat(chunks, bytes),
    bytes: () => bytes,
  };
}

/**
 * Throws `BodyError`. A request that is aborted cuts the stream.
 * @param announced the length that the answer's head tells, if it does
 */
export function collectBody(stream: Readable, announced: number | undefined, memory: AnswerMemory): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const fail = (fault: BodyFault, message: string, cause?: unknown) => {
      reject(new BodyError(fault, message, cause));
      stream.destroy();
    };
    const tooLarge = (bytes: number) => fail('too-large', `of ${bytes} bytes or more is longer than ${bodyBytesMax}, which no answer of the service is`);
    stream.on('error', (error) => fail('cut', `broke off: ${error.message}`, error));
    if (announced !== undefined && announced > bodyBytesMax) {
      tooLarge(announced);
      return;
    }
    const filling = announced === undefined ? growing() : fillingOf(memory.take(announced));
    stream.on('data', (chunk: Buffer) => {
      filling.add(chunk);
      if (filling.bytes() > bodyBytesMax) tooLarge(filling.bytes());
    });
    stream.on('end', () => {
      const bytes = filling.bytes();
      if (announced === undefined || bytes === announced) resolve(filling.done());
      else fail('cut', `has ${bytes} bytes instead of the ${announced} that it announced`);
    });
    stream.on('close', () => {
      if (!stream.readableEnded) fail('cut', `broke off after ${filling.bytes()} bytes`);
    });
  });
}
