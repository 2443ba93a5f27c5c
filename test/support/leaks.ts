// Fails a test file that leaves something open: sockets, servers, child processes, timers. It knows no test.
import { afterAll, beforeAll } from 'vitest';

const watched = new Set(['TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'PipeServerWrap', 'ProcessWrap', 'Timeout', 'FSEventWrap', 'HTTP2SESSION']);
const settleTries = 40;

function tally(): Map<string, number> {
  const counts = new Map<string, number>();
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
    await new Promise((resolve) => setTimeout(resolve, 50).unref());
  }
  throw new Error(`This file left open: ${left.join(', ')}. Close what the tests started in afterEach or afterAll.`);
});
