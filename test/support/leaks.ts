// Fails a test file that leaves something open: sockets, servers, child processes, timers. It knows no test.
import { afterAll, beforeAll } from 'vitest';

const watched = new Set(['TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'PipeServerWrap', 'ProcessWrap', 'FSEventWrap', 'HTTP2SESSION']);
const settleTries = 40;
const settlePauseMs = 50;

/** Timers made by the file and whatever it imports. The runner keeps the functions it found before, so its own are not here. */
const timers = new Set<NodeJS.Timeout>();
const nativeTimeout = globalThis.setTimeout;
const nativeInterval = globalThis.setInterval;

type Make = (run: (...args: unknown[]) => void, delayMs?: number, ...args: unknown[]) => NodeJS.Timeout;

function remembering(make: Make): Make {
  return (...args) => {
    const timer = make(...args);
    timers.add(timer);
    return timer;
  };
}

globalThis.setTimeout = Object.assign(remembering(nativeTimeout as Make), nativeTimeout) as typeof setTimeout;
globalThis.setInterval = Object.assign(remembering(nativeInterval as Make), nativeInterval) as typeof setInterval;

/** Timers that would keep the process alive: neither fired nor cleared, nor told not to. */
function openTimers(): number {
  for (const timer of timers) if ((timer as { readonly _destroyed?: boolean })._destroyed === true) timers.delete(timer);
  return [...timers].filter((timer) => timer.hasRef()).length;
}

function tally(): Map<string, number> {
  const counts = new Map<string, number>([['Timeout', openTimers()]]);
  for (const kind of process.getActiveResourcesInfo()) if (watched.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

let before = new Map<string, number>();

beforeAll(() => {
  before = tally();
});

afterAll(async () => {
  let left: string[] = [];
  for (let turn = 0; turn < settleTries; turn += 1) {
    left = [...tally()].filter(([kind, count]) => count > (before.get(kind) ?? 0)).map(([kind, count]) => `${count - (before.get(kind) ?? 0)} × ${kind}`);
    if (left.length === 0) return;
    // Closing takes a few turns of the loop; this waits for an event, not for a time that a test depends on.
    await new Promise((resolve) => nativeTimeout(resolve, settlePauseMs).unref());
  }
  throw new Error(`This file left open: ${left.join(', ')}. Close what the tests started in afterEach or afterAll.`);
});
