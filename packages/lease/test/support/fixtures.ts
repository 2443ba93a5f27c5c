// Dumps of lease tables that real Java workers left (see fixtures/README.md), as the SDK would answer them.
import { readFileSync } from 'node:fs';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../src/rows/decode.ts';
import type { PeerState } from '../../src/types.ts';

const folder = new URL('../fixtures/', import.meta.url);

/** Bytes are base64 in a dump. */
function asAnswered(value: AttributeValue): AttributeValue {
  return value.B === undefined ? value : { B: Buffer.from(String(value.B), 'base64') };
}

/** What the fleet of `kcl-3.4.2/08-pending-checkpoint` left in its two side tables. */
export const leftBeside: PeerState = {
  leader: { owner: 'worker-c', beat: '8f0424cb-4461-488e-ae9b-a5d95f6be26a', leaseDurationMs: 120_000 },
  mode: 'CLIENT_VERSION_3X',
  metrics: [
    { worker: 'worker-a', beat: '1795238919' },
    { worker: 'worker-b', beat: '1795238917' },
    { worker: 'worker-c', beat: '1795239149' },
  ],
};

/** `file`: `kcl-2.x/01-unassigned.json`, say. */
export function itemsOf(file: string): readonly Item[] {
  const { items } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { items: Record<string, AttributeValue>[] };
  return items.map((item) => Object.fromEntries(Object.entries(item).map(([name, value]) => [name, asAnswered(value)])));
}
