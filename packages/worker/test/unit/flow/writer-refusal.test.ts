// Rows that the database refuses: what becomes of them, of the rows beside them, and of the older changes that they hid.
import { describe, expect, test } from 'vitest';
import type { WriterParts } from '../../../src/flow/writer.ts';
import { change, removal, turn } from './support.ts';
import { fate, ids, never, versions, writerUnderTest } from './writer-support.ts';

const refusal = { code: '22P05', message: 'NUL' };

test('refused rows of one statement: a place for letters gets several at once, and not all of them', async () => {
  const kept = Promise.withResolvers<void>();
  let asked = 0;
  const { writer, next } = writerUnderTest({
    deadLetter() {
      asked += 1;
      return kept.promise;
    },
  });
  const all = Array.from({ length: 20 }, (_, index) => change(`k${String(index).padStart(2, '0')}`, 1));
  const done = fate(writer.write(all, never));
  await turn();
  await next().answer({ rejected: all.map((_, index) => ({ index, error: refusal })) });
  expect([asked, done()]).toEqual([8, 'open']);
  kept.resolve();
  await turn();
  expect([asked, done()]).toEqual([20, 'done']);
});

describe('a refused row', () => {
  const refuse = (index: number) => ({ rejected: [{ index, error: refusal }] });

  /** One statement with `a` (versions 2 and 1, of two batches) and `b`. */
  async function refused(parts: Partial<WriterParts> = {}) {
    const all = writerUnderTest(parts);
    const blockers = ['x', 'y'].map((id) => fate(all.writer.write([change(id, 1)], never)));
    const older = fate(all.writer.write([change('a', 1)], never));
    const newer = fate(all.writer.write([change('a', 2), change('b', 3)], never));
    await turn();
    await all.next().answer();
    await all.next().answer();
    expect(blockers.map((each) => each())).toEqual(['done', 'done']);
    await all.next().answer(refuse(0));
    return { ...all, older, newer };
  }

  test('becomes a dead letter, the rest of the group lands, and the older change that it hid is written', async () => {
    const { older, newer, next, letters, counts } = await refused();
    expect(letters).toEqual(['2 write 22P05 main orders']);
    expect([newer(), older()]).toEqual(['done', 'open']);
    const again = next();
    expect([ids(again), versions(again)]).toEqual([['a'], [1]]);
    await again.answer();
    expect(older()).toBe('done');
    expect(counts()).toEqual({ applied: 4, dead_lettered: 1 });
  });

  test('whose letter cannot be kept is left to the next owner, alone: the others have their outcome', async () => {
    const failure = new Error('stopped');
    const { older, newer, next, counts } = await refused({ deadLetter: () => Promise.reject(failure) });
    expect(newer()).toBe(failure);
    expect(counts()).toEqual({ applied: 3, abandoned: 1 });
    await next().answer();
    expect(older()).toBe('done');
    expect(counts()).toEqual({ applied: 4, abandoned: 1 });
  });

  test('is not acknowledged before its letter is kept; the rows beside it are counted at once', async () => {
    const kept = Promise.withResolvers<void>();
    const { newer, next, counts } = await refused({ deadLetter: () => kept.promise });
    expect([newer(), counts()]).toEqual(['open', { applied: 3 }]);
    kept.resolve();
    await turn();
    expect([newer(), counts()]).toEqual(['done', { applied: 3, dead_lettered: 1 }]);
    await next().answer();
  });

  test('whose letter nobody takes yet holds up no statement, not even of its own row', async () => {
    const kept = Promise.withResolvers<void>();
    const { writer, newer, next } = await refused({ deadLetter: () => kept.promise });
    await next().answer();
    const later = [change('a', 9), change('c', 9)].map((each) => fate(writer.write([each], never)));
    await turn();
    await next().answer();
    await next().answer();
    expect([newer(), ...later.map((each) => each())]).toEqual(['open', 'done', 'done']);
    kept.resolve();
    await turn();
    expect(newer()).toBe('done');
  });

  test('each of a row full of them has its turn', async () => {
    const { writer, next, letters, statements, counts } = writerUnderTest();
    const done = fate(writer.write([change('a', 1), change('a', 3), removal('a', 2)], never));
    await turn();
    await next().answer(refuse(0));
    await next().answer(refuse(0));
    expect(done()).toBe('open');
    await next().answer(refuse(0));
    expect([done(), statements.length, counts()]).toEqual(['done', 0, { dead_lettered: 3 }]);
    expect(letters.map((letter) => letter.slice(0, 1))).toEqual(['3', '2', '1']);
  });
});
