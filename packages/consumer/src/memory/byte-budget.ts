// One bound on the bytes that all readers of this process hold. First come, first served. It knows no record and no shard.

export interface Reservation {
  /** Corrects the estimate to what came. */
  resize(bytes: number): void;
  /** Gives the bytes back; safe to call twice. */
  release(): void;
}

export interface BytesWanted {
  readonly wanted: number;
  readonly minimum: number;
  /**
   * Whether the reader holds bytes at this moment, such as a batch in its processor. An eighth of the whole is kept for those that
   * do not, to be had in small parts and out of the line: shards whose processor hangs must not keep the others from theirs. Absent:
   * all is to be had, in the line.
   */
  holds?(): boolean;
}

export interface ByteBudget {
  /**
   * Waits until at least `minimum` bytes are free and reserves up to `wanted`. Who wants much waits for a sixteenth of the whole at
   * least: many small requests cost more than a wait. A budget that is all free grants any minimum, so that one large answer cannot
   * wait for ever. Rejects with the signal's reason.
   */
  reserve(request: BytesWanted, signal: AbortSignal): Promise<{ readonly granted: number; readonly reservation: Reservation }>;
  used(): number;
}

interface Waiter {
  readonly request: BytesWanted;
  /** Not less than the request's. */
  readonly minimum: number;
  grant(granted: number): void;
}

const sharesMax = 16;
/** Of the whole: what is kept, and what one reader gets of that, if its minimum is not more. */
const keptShare = 1 / 8;
const smallShare = 1 / 512;

export function createByteBudget(totalBytes: number): ByteBudget {
  let used = 0;
  /** Grants that were neither corrected nor given back: what comes of them may free some of what they hold, soon. */
  let estimates = 0;
  const waiters: Waiter[] = [];

  function grant(waiter: Waiter, bytes: number): void {
    waiters.splice(waiters.indexOf(waiter), 1);
    used += bytes;
    estimates += 1;
    waiter.grant(bytes);
  }

  /** Serves the line from its head; who needs much is not overtaken by who needs little. */
  function serveLine(): void {
    for (let head = waiters[0]; head !== undefined; head = waiters[0]) {
      const free = totalBytes - used - (head.request.holds === undefined ? 0 : Math.floor(totalBytes * keptShare));
      if (free < head.minimum && used > 0) return;
      grant(head, Math.max(head.minimum, Math.min(head.request.wanted, free)));
    }
  }

  /** Out of the line, for those that hold nothing, when all there is lies in processors: a little of what is kept. */
  function serveKept(): void {
    if (estimates > 0) return;
    for (const waiter of [...waiters]) {
      const { wanted, minimum, holds } = waiter.request;
      const bytes = Math.min(wanted, Math.max(minimum, Math.floor(totalBytes * smallShare)));
      if (holds?.() === false && bytes <= totalBytes - used) grant(waiter, bytes);
    }
  }

  function serve(): void {
    serveLine();
    serveKept();
  }

  function reservation(granted: number): Reservation {
    let held = granted;
    let open = true;
    let isEstimate = true;
    const settle = (): void => {
      if (isEstimate) estimates -= 1;
      isEstimate = false;
    };
    return {
      resize(bytes) {
        if (!open) return;
        settle();
        used += bytes - held;
        held = bytes;
        serve();
      },
      release() {
        if (!open) return;
        open = false;
        settle();
        used -= held;
        serve();
      },
    };
  }

  return {
    used: () => used,
    reserve(request, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const waiter: Waiter = {
          request,
          minimum: Math.max(request.minimum, Math.min(request.wanted, Math.floor(totalBytes / sharesMax))),
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
