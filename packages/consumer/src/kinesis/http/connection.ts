// One connection to the service: one request at a time, its answer, and what breaks it. It knows no pool and repeats nothing.
import { connect as connectPlain, isIP, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import type { AnswerMemory } from '../wire/answer-memory.ts';
import { BodyError } from '../wire/body.ts';
import { createAnswerReader, type HttpAnswer } from './answer-reader.ts';

/** Where connections go to. */
export interface Origin {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
}

/** Milliseconds: until there is a connection; without a byte of an answer after that. */
export interface HttpLimits {
  readonly connectMs: number;
  readonly quietMs: number;
}

export interface Question {
  /** Head and body. */
  readonly bytes: Buffer;
  readonly memory: AnswerMemory;
  readonly quietMs: number;
}

export interface Connection {
  /**
   * Sends one request. Throws `HttpError`, `BodyError` for what happens behind the answer's head, and what the socket throws; the
   * connection is closed then, and when the answer says so.
   */
  ask(question: Question): Promise<HttpAnswer>;
  /** True: it broke before anything came of an answer. A server closes connections that are idle when it likes. */
  isUnanswered(): boolean;
  /** Rejects what is asked with the error. */
  close(error?: Error): void;
}

export interface ConnectionEvents {
  /** Once, when it can be asked no more. */
  onClosed(): void;
  /** TLS: what makes the next handshake a short one. */
  onSession(session: Buffer): void;
}

interface Asked {
  readonly quietMs: number;
  resolve(answer: HttpAnswer): void;
  reject(error: Error): void;
}

/** What the SDK's own handler calls a time-out, whoever noticed it. */
const timeoutCodes = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
const tcpKeepAliveMs = 1_000;

function timeoutError(what: string): Error {
  return Object.assign(new Error(what), { name: 'TimeoutError', code: 'ETIMEDOUT' });
}

function openSocket({ secure, host, port }: Origin, onread: OnReadOpts, session: Buffer | undefined): Socket {
  const options = { host, port, onread, noDelay: true, keepAlive: true, keepAliveInitialDelay: tcpKeepAliveMs };
  if (!secure) return connectPlain(options);
  return connectSecure({
    ...options,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(session === undefined ? {} : { session }),
  });
}

export function openConnection(origin: Origin, limits: HttpLimits, events: ConnectionEvents, session?: Buffer): Connection {
  const reader = createAnswerReader();
  let asked: Asked | undefined;
  let isConnected = false;
  let isUnanswered = false;
  let closedBy: Error | undefined;

  function close(error: Error): void {
    if (closedBy !== undefined) return;
    closedBy = error;
    asked?.reject(error);
    asked = undefined;
    socket.destroy();
    events.onClosed();
  }

  /** The network's doing. Within a body the error says how far that came. */
  function broken(error: Error): void {
    close(reader.stage() === 'body' ? new BodyError('cut', `broke off after ${reader.bodyBytes()} bytes: ${error.message}`, error) : error);
  }

  function lost(error: Error): void {
    if (closedBy === undefined) isUnanswered = reader.stage() === 'nothing';
    broken(timeoutCodes.has((error as NodeJS.ErrnoException).code ?? '') ? Object.assign(error, { name: 'TimeoutError' }) : error);
  }

  function onAnswer(answer: HttpAnswer): void {
    const waiting = asked;
    asked = undefined;
    if (waiting === undefined || !answer.isReusable) close(new Error('The connection is over.'));
    else {
      socket.setTimeout(0);
      socket.unref();
    }
    waiting?.resolve(answer);
  }

  function step(next: () => HttpAnswer | undefined): HttpAnswer | undefined {
    try {
      return next();
    } catch (error) {
      close(error as Error);
      return undefined;
    }
  }

  function onBytes(bytes: number): boolean {
    if (closedBy !== undefined) return false;
    if (asked === undefined) {
      close(new Error('The server sent what nobody asked for.'));
      return false;
    }
    const answer = step(() => reader.took(bytes));
    if (answer !== undefined) onAnswer(answer);
    return closedBy === undefined;
  }

  function onEnd(): void {
    if (closedBy !== undefined) return;
    const answer = asked === undefined ? undefined : step(() => reader.ended());
    if (answer !== undefined) onAnswer(answer);
    // As Node's own client says it.
    else lost(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
  }

  function onQuiet(): void {
    if (!isConnected) broken(timeoutError(`No connection to ${origin.host}:${origin.port} within ${limits.connectMs} ms.`));
    else if (asked !== undefined) broken(timeoutError(`${origin.host}:${origin.port} sent nothing for ${asked.quietMs} ms.`));
  }

  const socket = openSocket(origin, { buffer: () => reader.space(), callback: onBytes }, session);
  socket.setTimeout(limits.connectMs);
  socket.on('timeout', onQuiet);
  socket.once(origin.secure ? 'secureConnect' : 'connect', () => {
    isConnected = true;
    socket.setTimeout(asked?.quietMs ?? 0);
  });
  socket.on('session', events.onSession);
  socket.on('error', lost);
  socket.on('end', onEnd);
  socket.on('close', onEnd);

  return {
    ask({ bytes, memory, quietMs }) {
      return new Promise((resolve, reject) => {
        if (closedBy !== undefined) {
          reject(closedBy);
          return;
        }
        asked = { resolve, reject, quietMs };
        reader.begin(memory);
        socket.ref();
        if (isConnected) socket.setTimeout(quietMs);
        socket.write(bytes);
      });
    },
    isUnanswered: () => isUnanswered,
    close: (error = new Error('The connection was closed by this program.')) => close(error),
  };
}
