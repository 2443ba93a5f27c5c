// The bytes of the budget that one subscription holds for the event that comes next. It knows no event.
import type { ByteBudget, Reservation } from '../memory/byte-budget.ts';

export interface Room {
  /** Waits until so many bytes are held. Rejects with the signal's reason. */
  widen(bytes: number, signal: AbortSignal): Promise<void>;
  /** What `widen` waits for; 0 while it does not. */
  wantedBytes(): number;
  /** What is held goes to the caller. */
  take(): Reservation;
  /** Gives back what is held. */
  giveBack(): void;
}

const nothing: Reservation = { resize: () => undefined, release: () => undefined };

export function createRoom(budget: ByteBudget): Room {
  let held = nothing;
  let heldBytes = 0;
  let wantedBytes = 0;

  function take(): Reservation {
    const taken = held;
    held = nothing;
    heldBytes = 0;
    return taken;
  }

  return {
    take,
    giveBack: () => take().release(),
    wantedBytes: () => wantedBytes,
    async widen(bytes, signal) {
      if (heldBytes >= bytes) return;
      // Given back first: two that wait for the rest of what the other holds would wait for ever.
      take().release();
      wantedBytes = bytes;
      try {
        const { granted, reservation } = await budget.reserve({ wanted: bytes, minimum: bytes }, signal);
        held = reservation;
        heldBytes = granted;
        if (signal.aborted) take().release();
        signal.throwIfAborted();
      } finally {
        wantedBytes = 0;
      }
    },
  };
}
