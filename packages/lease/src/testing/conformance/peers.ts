// The part of the suite about what a KCL 3.x fleet leaves in the lease table.
import { describe, expect, it } from 'vitest';
import type { Item } from '../../rows/decode.ts';
import { created, type LeaseTableUnderTest, never } from './harness.ts';

const lock: Item = {
  leaseKey: { S: 'Leader' },
  entityType: { S: 'LEADER' },
  ownerName: { S: 'w3' },
  recordVersionNumber: { S: '2a3e77e0' },
  leaseDuration: { S: '120000' },
};
const mode: Item = { leaseKey: { S: 'Migration3.0' }, entityType: { S: 'CLIENT_VERSION_MIGRATION' }, cv: { S: 'CLIENT_VERSION_3X' } };
const load = (worker: string, beat: string): Item => ({ leaseKey: { S: worker }, entityType: { S: 'WORKER_METRIC_STATS' }, lut: { N: beat } });

export function peersSuite(table: () => LeaseTableUnderTest): void {
  describe('peers', () => {
    it('are none in a table of leases', async () => {
      await created(table());
      expect(await table().store.peers(never)).toEqual({ metrics: [] });
    });

    it('are a lock, a mode and the workers by name, without the load on request', async () => {
      await created(table());
      for (const item of [load('w4', '1795238228'), lock, mode, load('w3', '1795238016')]) await table().put(item);
      const state = { leader: { owner: 'w3', beat: '2a3e77e0', leaseDurationMs: 120_000 }, mode: 'CLIENT_VERSION_3X' };
      const metrics = [
        { worker: 'w3', beat: '1795238016' },
        { worker: 'w4', beat: '1795238228' },
      ];
      expect(await table().store.peers(never)).toEqual({ ...state, metrics });
      expect(await table().store.peers(never, { metrics: false })).toEqual({ ...state, metrics: [] });
    });

    it('rejects with the reason of a signal that was aborted', async () => {
      const stop = new AbortController();
      stop.abort(new Error('stopped by the test'));
      await expect(table().store.peers(stop.signal)).rejects.toThrow('stopped by the test');
    });
  });
}
