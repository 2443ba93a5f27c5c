// What a sink asks of the machine. Structural, so that the lease package's `Machine` fits without being imported.

export interface Timers {
  /** Calls `run` once after `delayMs`; the answer cancels. */
  after(delayMs: number, run: () => void): () => void;
}

export interface Clock {
  /** Milliseconds since 1970. */
  wallMs(): number;
}
