// What sending a feed asks of the machine. `Machine` of @shardfold/lease fits.

export interface FeedMachine {
  readonly clock: { monotonicMs(): number; wallMs(): number };
  readonly timers: {
    /** Rejects with the signal's reason when it aborts first. */
    sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  };
}
