import { describe, expect, it } from 'vitest';
import type { Cargo, Position } from '../../../src/types.ts';
import { never, times } from './fleet.ts';
import { at, holding, lost, other } from './holding.ts';

const sub = (sequence: string, subSequence: number): Position => ({ kind: 'sequence', sequence, subSequence });

// The Java library's checkpointer (its own table of calls), as far as a lease is concerned: it never hears of a record, so what
// was delivered (C3, and the trap of C9) is the consumer's business, and a saved position again is a renewal and no error (C4).
describe('a checkpoint', () => {
  it.each<[string, Position | undefined, Position, Position | 'backward']>([
    ['C1: first of all', undefined, at('100'), at('100')],
    ['C2: before the last', at('50'), at('40'), 'backward'],
    ['C4: the last again', at('50'), at('50'), at('50')],
    ['C5: before the last within an aggregate', sub('50', 2), sub('50', 1), 'backward'],
    ['C6: further within an aggregate', sub('50', 2), sub('50', 3), sub('50', 3)],
    ['numbers, not texts', at('9'), at('10'), at('10')],
    ['a word of the start after a record', at('50'), { kind: 'latest' }, 'backward'],
    ['the tip before any record', undefined, { kind: 'latest' }, { kind: 'latest' }],
  ])('%s', async (_, last, next, outcome) => {
    const { time, held, now, operations, control } = await holding();
    const write = async (position: Position) => {
      const [result] = await Promise.allSettled([held.checkpoint(position), time.advance(100)]);
      return result;
    };
    if (last !== undefined) await write(last);
    const before = now();
    const result = await write(next);
    if (outcome === 'backward') {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'POSITION_BACKWARD', message: expect.stringContaining('Nothing was written') } });
      expect(now()).toEqual(before);
      expect(held.lost.aborted).toBe(false);
    } else {
      expect(result.status).toBe('fulfilled');
      expect(now().position).toEqual(outcome);
      expect(operations().at(-1)).toBe('checkpoint');
    }
    control.abandon();
  });

  it('C7 to C9: the end of a shard is after every number, also after one saved already', async () => {
    const { time, held, now } = await holding();
    await Promise.all([held.checkpoint(at('100')), time.advance(100)]);
    await Promise.all([held.finish([]), time.advance(100)]);
    expect(now().position).toEqual({ kind: 'shard-end' });
  });

  describe('that is prepared first', () => {
    const state = new Uint8Array([7]);
    const prepared = { position: at('80'), state };

    it('C10: lies beside the position until it is committed', async () => {
      const { time, held, now, control } = await holding();
      await Promise.all([held.checkpoint(at('50')), time.advance(100)]);
      await Promise.all([held.prepare(prepared), time.advance(100)]);
      expect(now()).toMatchObject({ position: at('50'), prepared });
      await Promise.all([held.checkpoint(at('80')), time.advance(100)]);
      expect(now()).toMatchObject({ position: at('80') });
      expect(now()).not.toHaveProperty('prepared');
      control.abandon();
    });

    it('C11: is dropped by one before it, also what a Java worker prepared', async () => {
      const { time, held, table, now, control } = await holding();
      table.put({ ...table.get('s'), leaseKey: { S: 's' }, pendingCheckpoint: { S: '80' }, pendingCheckpointSubSequenceNumber: { N: '0' } });
      await Promise.all([held.checkpoint(at('60')), time.advance(100)]);
      expect(now()).not.toHaveProperty('prepared');
      await Promise.all([held.checkpoint(at('80')), time.advance(100)]);
      expect(now()).toMatchObject({ position: at('80') });
      control.abandon();
    });

    it('is replaced by another, and its state with it', async () => {
      const { time, held, now, control } = await holding();
      await Promise.all([held.prepare(prepared), time.advance(100)]);
      await Promise.all([held.prepare({ position: at('70') }), time.advance(100)]);
      expect(now().prepared).toEqual({ position: at('70') });
      control.abandon();
    });

    it('is refused behind what is saved', async () => {
      const { time, held, now, control } = await holding();
      await Promise.all([held.checkpoint(at('90')), time.advance(100)]);
      const [result] = await Promise.allSettled([held.prepare(prepared), time.advance(100)]);
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'POSITION_BACKWARD' } });
      expect(now()).not.toHaveProperty('prepared');
      control.abandon();
    });

    it('outlasts renewals, also those that save a position on the way, and goes with the one that reaches it', async () => {
      const { time, held, now, operations, control } = await holding();
      let reached = at('7');
      await Promise.all([held.prepare(prepared), time.advance(100)]);
      held.carry({ position: () => reached, saved: () => undefined });
      await time.advance(2 * times.renewIntervalMs + 100);
      expect(now()).toMatchObject({ position: at('7'), prepared });
      await Promise.all([held.checkpoint(at('8'), { keepPrepared: true }), time.advance(100)]);
      expect(now()).toMatchObject({ position: at('8'), prepared });
      reached = at('80');
      await time.advance(times.renewIntervalMs + 100);
      expect(now()).toMatchObject({ position: at('80') });
      expect(now()).not.toHaveProperty('prepared');
      expect(operations()[0]).toBe('renew');
      control.abandon();
    });

    it.each(['release', 'transfer'] as const)('goes with a %s to whoever is next', async (operation) => {
      const { time, direct, held, now, operations } = await holding();
      if (operation === 'transfer') await direct.request(now(), other, never);
      await Promise.all([held.prepare(prepared), time.advance(100)]);
      await Promise.all([held.release(at('60')), time.advance(100)]);
      expect(operations().at(-1)).toBe(operation);
      const heir = operation === 'transfer' ? direct.accept(now(), other, never) : direct.take(now(), other, {}, never);
      expect(await heir).toMatchObject({ outcome: 'applied', lease: { owner: 'other', position: at('60'), prepared } });
    });
  });

  it('C12: of a lost lease writes nothing', async () => {
    const { time, held, direct, now } = await holding();
    await direct.take(now(), other, {}, never);
    const [first] = await Promise.allSettled([held.checkpoint(at('7')), time.advance(100)]);
    expect(first).toMatchObject({ status: 'rejected', reason: lost });
    expect(now()).toMatchObject({ owner: 'other', position: { kind: 'trim-horizon' } });
  });

  it('is not given back behind what is saved', async () => {
    const { time, held, now, control } = await holding();
    await Promise.all([held.checkpoint(at('50')), time.advance(100)]);
    const [result] = await Promise.allSettled([held.release(at('49')), time.advance(100)]);
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'POSITION_BACKWARD' } });
    expect(now()).toMatchObject({ owner: 'me', position: at('50') });
    control.abandon();
  });
});

describe('a renewal', () => {
  it('saves the position that the reader has reached, in one write, and says so', async () => {
    const { time, held, now, operations, control } = await holding();
    const saved: Position[] = [];
    let reached: Position | undefined;
    const cargo: Cargo = { position: () => reached, saved: (position) => saved.push(position) };
    held.carry(cargo);
    await time.advance(times.renewIntervalMs + 100);
    reached = at('7');
    await time.advance(times.renewIntervalMs);
    await time.advance(times.renewIntervalMs);
    expect(operations()).toEqual(['renew', 'checkpoint', 'renew']);
    expect(now().position).toEqual(at('7'));
    expect(saved).toEqual([at('7')]);
    control.abandon();
  });

  it('never takes a position back', async () => {
    const { time, held, now, operations, control } = await holding();
    await Promise.all([held.checkpoint(at('9')), time.advance(100)]);
    held.carry({ position: () => at('7'), saved: () => undefined });
    await time.advance(times.renewIntervalMs + 100);
    expect(operations()).toEqual(['checkpoint', 'renew']);
    expect(now().position).toEqual(at('9'));
    control.abandon();
  });
});

describe('how far in time the shard was read', () => {
  /** A reader that has read and done everything up to a time, of which the position may say nothing. */
  function reader() {
    const state: { readMs: number | undefined; at: Position | undefined } = { readMs: undefined, at: undefined };
    const cargo: Cargo = { position: () => state.at, saved: () => undefined, readMs: () => state.readMs };
    return { state, cargo };
  }

  it('rides on a renewal, with and without a position, and on nothing else', async () => {
    const { time, held, now, operations, control } = await holding();
    const { state, cargo } = reader();
    held.carry(cargo);
    await time.advance(times.renewIntervalMs + 100);
    expect(now()).not.toHaveProperty('readMs');
    state.readMs = 1000;
    await time.advance(times.renewIntervalMs);
    expect(now()).toMatchObject({ readMs: 1000, position: { kind: 'trim-horizon' } });
    Object.assign(state, { readMs: 2000, at: at('7') });
    await time.advance(times.renewIntervalMs);
    expect(now()).toMatchObject({ readMs: 2000, position: at('7') });
    state.readMs = undefined;
    await time.advance(times.renewIntervalMs);
    expect(now()).toMatchObject({ readMs: 2000 });
    expect(operations()).toEqual(['renew', 'renew', 'checkpoint', 'renew']);
    control.abandon();
  });

  it('is saved at the position where the lease stands already, such as the tip', async () => {
    const { time, table, held, now, operations, control } = await holding();
    table.apply('s', { kind: 'becomes', lease: { ...now(), position: { kind: 'latest' } }, settled: false });
    const { state, cargo } = reader();
    held.carry(cargo);
    state.readMs = 1000;
    await Promise.all([held.checkpoint({ kind: 'latest' }), time.advance(100)]);
    expect(now()).toMatchObject({ readMs: 1000, position: { kind: 'latest' } });
    state.readMs = 2000;
    await Promise.all([held.checkpoint({ kind: 'latest' }), time.advance(100)]);
    expect(now()).toMatchObject({ readMs: 2000, position: { kind: 'latest' } });
    expect(operations()).toEqual(['checkpoint', 'checkpoint']);
    control.abandon();
  });

  it.each(['release', 'transfer'] as const)('goes with a %s, also at the tip, and to the heir', async (operation) => {
    const { time, table, direct, held, now, operations } = await holding();
    table.apply('s', { kind: 'becomes', lease: { ...now(), position: { kind: 'latest' } }, settled: false });
    if (operation === 'transfer') await direct.request(now(), other, never);
    const { state, cargo } = reader();
    held.carry(cargo);
    await time.advance(times.renewIntervalMs + 100);
    state.readMs = 3000;
    await Promise.all([held.release({ kind: 'latest' }), time.advance(100)]);
    expect(operations().at(-1)).toBe(operation);
    expect(now()).toMatchObject({ readMs: 3000, position: { kind: 'latest' } });
    const heir = operation === 'transfer' ? direct.accept(now(), other, never) : direct.take(now(), other, {}, never);
    expect(await heir).toMatchObject({ outcome: 'applied', lease: { owner: 'other', readMs: 3000 } });
  });

  it('is not the later one that the reader reaches while a position waits for its turn', async () => {
    const { time, held, now, control } = await holding();
    const { state, cargo } = reader();
    held.carry(cargo);
    const first = held.checkpoint(at('1'));
    state.readMs = 1000;
    const second = held.checkpoint(at('2'));
    state.readMs = 9000;
    await Promise.all([first, second, time.advance(200)]);
    expect(now()).toMatchObject({ position: at('2'), readMs: 1000 });
    control.abandon();
  });

  it('ends with the shard', async () => {
    const { time, held, now } = await holding();
    const { state, cargo } = reader();
    held.carry(cargo);
    state.readMs = 1000;
    await Promise.all([held.checkpoint(at('1')), time.advance(100)]);
    await Promise.all([held.finish([]), time.advance(100)]);
    expect(now()).not.toHaveProperty('readMs');
  });
});
