// What the command line asks of the machine. `adapters/` has the real one; tests bring their own.
import type { Machine } from '@shardfold/consumer';
import type { Environment } from '../config/interpolate.ts';

/** 0 fine, 1 failed, 2 wrong usage or configuration, 3 a check found differences, 4 held by someone, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130;

export interface CliIo {
  readonly env: Environment;
  /** Loaded with the first call: not every command needs a clock. */
  machine(): Promise<Machine>;
  readonly hostname: string;
  readonly version: string;
  /** Resolves when the text is taken; throws `BrokenPipe` when nobody reads any more, `CliError` where it cannot be written. */
  out(text: string): Promise<void>;
  /** At once; whole lines, but for a line of progress on a terminal. */
  err(text: string): void;
  readonly errIsTerminal: boolean;
  /** A person sits there: stdin and stderr are terminals. */
  readonly canAsk: boolean;
  /** Puts the question on stderr; resolves with the line that is typed, empty when there is none. Rejects once the signal is aborted. */
  ask(question: string, signal: AbortSignal): Promise<string>;
  stdin(): AsyncIterable<Uint8Array>;
  readText(file: string): Promise<string>;
  readBytes(file: string): AsyncIterable<Uint8Array>;
  /**
   * Aborted at the first SIGTERM or SIGINT, or the SIGHUP of a terminal that closes; the second ends the process with 130. Listening
   * begins with the call.
   */
  stopSignal(): AbortSignal;
  /** At each SIGHUP, for a program that has no terminal: there it means that the configuration was changed. */
  onHangUp(run: () => void): void;
}

type Shown = Pick<CliIo, 'env' | 'errIsTerminal'>;

/** stderr is a terminal that can write over what stands there. */
export function writesOver({ env, errIsTerminal }: Shown): boolean {
  return errIsTerminal && env.TERM !== 'dumb';
}

/** Whoever sets NO_COLOR, to anything, wants none. */
export function takesColour(io: Shown): boolean {
  return writesOver(io) && (io.env.NO_COLOR ?? '') === '';
}

/** The reader of stdout has gone: there is nothing more to do, and nothing to complain about. */
export class BrokenPipe extends Error {
  constructor() {
    super('The reader of the output has gone.');
    this.name = 'BrokenPipe';
  }
}

/** The user's mistake, with the exit code it earns. The message is all they see. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
