// Who of several programs gets the file: SQLite has no queue, whoever looks at the right moment has it. So this one looks often,
// and leaves a gap now and then in which another one can. It knows no statement and no clock.

/** One attempt is a quarter of a second; whoever asked asks again, and can stop in between. */
const maxLooks = 500;
const lookEveryMs = 0.5;
/** Twice as long as others of us wait between two looks; at about 10 µs a row it costs a hundredth of the time. */
const gapMs = 1;
const gapAfterRows = 10_000;

const busy = 5;

export interface Turns {
  /** Throws what `act` throws; SQLITE_BUSY only when others have held the file all the while. */
  patiently<T>(act: () => T): T;
  /** Like `patiently`, for what begins a transaction. */
  begin(act: () => void): void;
  /** About so many rows are written. */
  wrote(rows: number): void;
  /** Nobody had the file for a while: that was a gap. */
  rested(): void;
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === busy;
}

/** `sleep` blocks. */
export function createTurns(sleep: (milliseconds: number) => void): Turns {
  let rowsSinceGap = 0;

  function patiently<T>(act: () => T): T {
    for (let look = 1; ; look += 1) {
      try {
        return act();
      } catch (error) {
        if (!isBusy(error) || look === maxLooks) throw error;
        sleep(lookEveryMs);
      }
    }
  }

  return {
    patiently,
    begin(act) {
      if (rowsSinceGap >= gapAfterRows) {
        sleep(gapMs);
        rowsSinceGap = 0;
      }
      patiently(act);
    },
    wrote(rows) {
      rowsSinceGap += rows;
    },
    rested() {
      rowsSinceGap = 0;
    },
  };
}
