// Reads one answer after another from the bytes of a connection, in whatever pieces they come. It says where the next bytes are to be
// read to: of a body whose length is known that is the memory that it stays in, so that nothing is copied. It knows no socket.
import { type AnswerMemory, freshMemory } from '../wire/answer-memory.ts';
import { BodyError, bodyBytesMax, type Filling, growing } from '../wire/body.ts';
import { type Chunks, createChunks } from './chunks.ts';
import { framingOf, type Head, HttpError, parseHead } from './head.ts';

export interface HttpAnswer extends Head {
  readonly body: Buffer;
  /** The connection is at the beginning of another answer, and may be asked again. */
  readonly isReusable: boolean;
}

export interface AnswerReader {
  /** Begins an answer. @param memory for the body, if the request succeeds */
  begin(memory: AnswerMemory): void;
  /** Where to read to, never empty; good until the next call of any of these. */
  space(): Buffer;
  /** So many bytes were read into `space()`. Undefined: the answer goes on. Throws `HttpError` or `BodyError`. */
  took(bytes: number): HttpAnswer | undefined;
  /** No more will come. Undefined: nothing came of an answer. Throws `HttpError` or `BodyError` for one that is cut. */
  ended(): HttpAnswer | undefined;
  /** How far the answer is. */
  stage(): 'nothing' | 'head' | 'body';
  /** For an error: what came of the body. */
  bodyBytes(): number;
}

/** Most heads of the service have a few hundred bytes; what comes of the body with them has to be copied. */
const firstBytes = 4 * 1024;
/** Read at once of a body whose length is not known. */
const copiedBytes = 64 * 1024;
/** Of all heads of an answer, those before its own included. */
const headBytesMax = 64 * 1024;
const headEnd = Buffer.from('\r\n\r\n');

/** A body that is being read. */
type Body =
  | { readonly kind: 'length'; readonly memory: Buffer; filled: number }
  | { readonly kind: 'chunked'; readonly chunks: Chunks; readonly filling: Filling }
  | { readonly kind: 'close'; readonly filling: Filling };

function tooLarge(bytes: number): BodyError {
  return new BodyError('too-large', `of ${bytes} bytes or more is longer than ${bodyBytesMax}, which no answer of the service is`);
}

/** Bytes are copied: they are given in memory that is read into again. */
function copying(): Filling {
  const filling = growing();
  return {
    ...filling,
    add(chunk) {
      if (filling.bytes() + chunk.length > bodyBytesMax) throw tooLarge(filling.bytes() + chunk.length);
      filling.add(Buffer.from(chunk));
    },
  };
}

function bodyFor(head: Head, memory: AnswerMemory): Body {
  const framing = framingOf(head);
  if (framing.kind === 'length') {
    if (framing.bytes > bodyBytesMax) throw tooLarge(framing.bytes);
    const isGood = head.statusCode >= 200 && head.statusCode < 300;
    return { kind: 'length', memory: (isGood ? memory : freshMemory).take(framing.bytes), filled: 0 };
  }
  const filling = copying();
  return framing.kind === 'close' ? { kind: 'close', filling } : { kind: 'chunked', chunks: createChunks(filling.add), filling };
}

/** Takes bytes that were not read into the body's own memory; tells how many are the body's. */
function addTo(body: Body, bytes: Buffer): number {
  switch (body.kind) {
    case 'length': {
      const taken = bytes.copy(body.memory, body.filled);
      body.filled += taken;
      return taken;
    }
    case 'chunked':
      return body.chunks.read(bytes);
    case 'close':
      body.filling.add(bytes);
      return bytes.length;
    default:
      return body satisfies never;
  }
}

function isComplete(body: Body): boolean {
  if (body.kind === 'length') return body.filled === body.memory.length;
  return body.kind === 'chunked' && body.chunks.isOver();
}

const bytesOf = (body: Body): number => (body.kind === 'length' ? body.filled : body.filling.bytes());

export function createAnswerReader(): AnswerReader {
  let scratch = Buffer.allocUnsafeSlow(firstBytes);
  /** Of `scratch`, while a head is read. */
  let filled = 0;
  let headBytes = 0;
  let memory = freshMemory;
  let head: Head | undefined;
  let body: Body | undefined;

  function finish(isReusable: boolean): HttpAnswer | undefined {
    if (head === undefined || body === undefined) return undefined;
    const answer = { ...head, body: body.kind === 'length' ? body.memory : body.filling.done(), isReusable: isReusable && head.keepsAlive };
    // Nothing here may hold a body that is somebody else's from now on.
    head = undefined;
    body = undefined;
    filled = 0;
    return answer;
  }

  function onBody(into: Body, bytes: Buffer): HttpAnswer | undefined {
    const taken = addTo(into, bytes);
    return isComplete(into) ? finish(taken === bytes.length) : undefined;
  }

  /** The bytes before the end of a head, and its end; undefined: it goes on. */
  function headIn(from: number): { readonly text: string; readonly end: number } | undefined {
    const at = scratch.subarray(0, filled).indexOf(headEnd, from);
    if (headBytes + (at === -1 ? filled : at) > headBytesMax) throw new HttpError(`The answer's head has more than ${headBytesMax} bytes.`);
    return at === -1 ? undefined : { text: scratch.toString('latin1', from, at), end: at + headEnd.length };
  }

  function makeRoom(): void {
    if (filled < scratch.length) return;
    const larger = Buffer.allocUnsafeSlow(scratch.length * 2);
    scratch.copy(larger);
    scratch = larger;
  }

  function onHead(): HttpAnswer | undefined {
    for (let from = 0; ; ) {
      const found = headIn(from);
      if (found === undefined) {
        headBytes += from;
        scratch.copyWithin(0, from, filled);
        filled -= from;
        makeRoom();
        return undefined;
      }
      from = found.end;
      const parsed = parseHead(found.text);
      if (parsed.statusCode === 101) throw new HttpError('The server changes to another protocol, which nobody asked for.');
      // Only a word before the answer.
      if (parsed.statusCode < 200) continue;
      head = parsed;
      body = bodyFor(parsed, memory);
      return onBody(body, scratch.subarray(from, filled));
    }
  }

  return {
    begin(given) {
      memory = given;
      filled = 0;
      headBytes = 0;
    },
    space() {
      if (body === undefined) return scratch.subarray(filled);
      if (body.kind === 'length') return body.memory.subarray(body.filled);
      if (scratch.length < copiedBytes) scratch = Buffer.allocUnsafeSlow(copiedBytes);
      return scratch;
    },
    took(bytes) {
      if (body === undefined) {
        filled += bytes;
        return onHead();
      }
      if (body.kind !== 'length') return onBody(body, scratch.subarray(0, bytes));
      body.filled += bytes;
      return isComplete(body) ? finish(true) : undefined;
    },
    ended() {
      if (body?.kind === 'close') return finish(false);
      if (body !== undefined) throw new BodyError('cut', `broke off after ${bytesOf(body)} bytes`);
      if (filled + headBytes > 0) throw new HttpError('The connection was closed within the head of the answer.');
      return undefined;
    },
    stage: () => (body !== undefined ? 'body' : filled + headBytes > 0 ? 'head' : 'nothing'),
    bodyBytes: () => (body === undefined ? 0 : bytesOf(body)),
  };
}
