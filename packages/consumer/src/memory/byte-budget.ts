// One bound on the bytes that all readers of this process hold. First come, first served. It knows no record and no shard.

export interface Reservation {
  /** Corrects the estimate to what came. */
  resize(bytes: number): void;
  /** Gives the bytes back; safe to call twice. */
  release(): void;
}

export interface ByteBudget {
  /**
   * Waits until at least `minimum` bytes are free and reserves up to `wanted`. A budget that is all free grants any minimum, so
   * that one large answer cannot wait for ever. Rejects with the signal's reason.
   */
  reserve(
    request: { readonly wanted: number; readonly minimum: number },
    signal: AbortSignal,
  ): Promise<{ readonly granted: number; readonly reservation: Reservation }>;
  used(): number;
}

interface Waiter {
  readonly wanted: number;
  readonly minimum: number;
  grant(granted: number): void;
}

export function createByteBudget(totalBytes: number): ByteBudget {
  let used = 0;
  const waiters: Waiter[] = [];

  /** Serves the line from its head; who needs much is not overtaken by who needs little. */
  function serve(): void {
    for (let head = waiters[0]; head !== undefined; head = waiters[0]) {
      const free = totalBytes - used;
      if (free < head.minimum && used > 0) return;
      waiters.shift();
      const granted = Math.max(head.minimum, Math.min(head.wanted, free));
      used += granted;
      head.grant(granted);
    }
  }

  function reservation(granted: number): Reservation {
    let held = granted;
    let open = true;
    return {
      resize(bytes) {
        if (!open) return;
        used += bytes - held;
        held = bytes;
        serve();
      },
      release() {
        if (!open) return;
        open = false;
        used -= held;
        serve();
      },
    };
  }

  return {
    used: () => used,
    reserve({ wanted, minimum }, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const waiter: Waiter = {
          wanted,
          minimum,
          grant(granted) {
            signal.removeEventListener('abort', aborted);
            resolve({ granted, reservation: reservation(granted) });
          },
        };
        const aborted = () => {
          const at = waiters.indexOf(waiter);
          if (at >= 0) waiters.splice(at, 1);
          reject(signal.reason);
          serve();
        };
        signal.addEventListener('abort', aborted, { once: true });
        waiters.push(waiter);
        serve();
      });
    },
  };
}
