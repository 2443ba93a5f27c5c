// The lease table of a fleet in memory as a person has it, with the time passing that its calls take. It knows no test.
import { memoryLeaseStore } from '@shardfold/lease/testing';
import { leaseTableOver } from '../../src/lease-table.ts';
import type { ServiceHook } from '../../src/testing/index.ts';
import type { StartPosition } from '../../src/types.ts';
import { type memoryFleet, startMs, stream } from './memory-fleet.ts';

export const never = new AbortController().signal;
const durationMs = 10_000;

interface DeskOptions {
  readonly start?: StartPosition;
  readonly streams?: readonly string[];
  readonly hook?: ServiceHook;
}

export function leaseDesk(fleet: ReturnType<typeof memoryFleet>, { hook = () => undefined, ...more }: DeskOptions = {}) {
  const { time, kinesis, table } = fleet;
  const desk = leaseTableOver({
    store: memoryLeaseStore({ table }),
    service: kinesis.intercept(hook),
    streams: [stream],
    start: { kind: 'trim-horizon' },
    limits: 'none',
    durationMs,
    machine: time.machine(99, { wallMs: startMs + time.nowMs() }),
    ...more,
  });
  /** What a call comes to; time passes for as long as it takes. */
  async function after<T>(call: Promise<T>): Promise<T> {
    let settled = false;
    const over = () => {
      settled = true;
    };
    call.then(over, over);
    await fleet.until(() => settled);
    return call;
  }
  return { desk, after, rows: () => after(desk.list(never)) };
}
