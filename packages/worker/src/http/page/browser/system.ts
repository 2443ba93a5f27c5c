// The browser's clock and timers: the only file of the page that asks for them.

export function after(delayMs: number, run: () => void): void {
  window.setTimeout(run, delayMs);
}

/** Only differences mean something. */
export function monotonicMs(): number {
  return window.performance.now();
}
