// What a batch waits for: every change that it handed to one writer has an outcome. It knows no change.

export interface Ticket {
  readonly lost: AbortSignal;
  /** Resolves when every change is settled; rejects when the lease is lost or the writer ends first. */
  readonly done: Promise<void>;
  settle(): void;
  fail(error: unknown): void;
}

export function createTicket(changes: number, lost: AbortSignal): Ticket {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = changes;
  if (left === 0) resolve();
  return {
    lost,
    done: promise,
    settle() {
      left -= 1;
      if (left === 0) resolve();
    },
    fail: reject,
  };
}
