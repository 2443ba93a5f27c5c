// Time, timers, randomness and ids as arguments, so that a whole fleet runs under virtual time. It knows no real clock:
// `system.ts` beside it does.

export interface Clock {
  /** Milliseconds that never go back; only differences mean something. */
  monotonicMs(): number;
  /** Milliseconds since 1970, for people and for AT_TIMESTAMP; never used to decide ownership. */
  wallMs(): number;
}

export interface Timers {
  /** Calls `run` once after `delayMs`; the answer cancels. */
  after(delayMs: number, run: () => void): () => void;
  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** In [0, 1). */
  number(): number;
  /** 128 random bits as 32 hex digits. */
  id(): string;
}

/** What a part of the program may ask of the machine. */
export interface Machine {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}
