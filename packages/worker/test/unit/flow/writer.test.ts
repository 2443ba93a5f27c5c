// Group commit as a test sees it that answers every statement itself. The law of the counts under any interleaving is in
// `writer-law.test.ts`.
import { compareKeys, SinkError } from '@shardfold/sinks';
import { at } from '@shardfold/sinks/testing';
import { describe, expect, test } from 'vitest';
import { change, type Statement, turn } from './support.ts';
import { fate, ids, never, versions, writerUnderTest } from './writer-support.ts';

const away = new SinkError('SINK_UNREACHABLE', 'Away.', { retryable: true });

describe('group commit', () => {
  test('a lone change goes at once; what comes while two statements are out gathers and goes as one, sorted', async () => {
    const { writer, statements, next, counts } = writerUnderTest();
    const first = fate(writer.write([change('a', 1)], never));
    const second = fate(writer.write([change('b', 1)], never));
    const later = ['e', 'd', 'c'].map((id) => fate(writer.write([change(id, 1)], never)));
    await turn();
    expect(statements.map(ids)).toEqual([['a'], ['b']]);

    await next().answer();
    expect(first()).toBe('done');
    expect(second()).toBe('open');
    expect(statements.map(ids)).toEqual([['b'], ['c', 'd', 'e']]);
    const [, gathered] = statements;
    expect(gathered?.group.every((each, index, all) => index === 0 || compareSorted(all[index - 1], each))).toBe(true);

    await next().answer();
    await next().answer({ applied: 1, superseded: 1, unresolved: 1 });
    expect(later.map((each) => each())).toEqual(['done', 'done', 'done']);
    expect(counts()).toEqual({ applied: 3, superseded: 1, unresolved: 1 });
  });

  test('a row that is out waits for its statement: two statements never share a key', async () => {
    const { writer, statements, next } = writerUnderTest();
    const all = [1, 2, 3].map((time) => fate(writer.write([change('a', time)], never)));
    await turn();
    expect(statements.map(versions)).toEqual([[1]]);
    const other = fate(writer.write([change('b', 1)], never));
    await turn();
    expect(statements.map(ids)).toEqual([['a'], ['b']]);
    await next().answer();
    expect(statements.map(ids)).toEqual([['b'], ['a']]);
    await next().answer();
    expect(versions(statements[0] as Statement)).toEqual([3]);
    await next().answer();
    expect([...all, other].map((each) => each())).toEqual(['done', 'done', 'done', 'done']);
  });

  test('a group has at most 2000 rows; folded changes of a row count with it', async () => {
    const { writer, next, counts } = writerUnderTest();
    const many = Array.from({ length: 2_100 }, (_, index) => change(`k${index}`, 1));
    const done = fate(writer.write([...many, ...many.map((_, index) => change(`k${index}`, 2))], never));
    await turn();
    const first = next();
    const second = next();
    expect([first.group.length, second.group.length]).toEqual([2_000, 100]);
    expect(new Set(versions(first))).toEqual(new Set([2]));
    await first.answer();
    await second.answer();
    expect(done()).toBe('done');
    expect(counts()).toEqual({ applied: 2_100, superseded: 2_100 });
  });

  test('a group has at most 8 MiB and a row', async () => {
    const { writer, statements } = writerUnderTest();
    const big = ['a', 'b', 'c'].map((id) => ({ ...change(id, 1), mutation: { ...change(id, 1).mutation, bytes: 5 * 1024 * 1024 } }));
    void writer.write(big, never);
    await turn();
    expect(statements.map(ids)).toEqual([['a', 'b'], ['c']]);
    for (const statement of [...statements]) await statement.answer();
  });

  test('no changes are done at once', async () => {
    await writerUnderTest().writer.write([], never);
  });
});

function compareSorted(left: Statement['group'][number] | undefined, right: Statement['group'][number]): boolean {
  return left !== undefined && left.kind !== 'append' && right.kind !== 'append' && compareKeys(left.key, right.key) < 0;
}

describe('the environment', () => {
  test('when it breaks, the same rows are tried again after a pause, and nothing is counted before', async () => {
    const { writer, next, machine, counts, events, statements } = writerUnderTest();
    const done = fate(writer.write([change('a', 1), change('b', 1)], never));
    await turn();
    await next().fail(away);
    expect([done(), machine.sleeping(), statements.length, counts()]).toEqual(['open', 1, 0, {}]);
    await machine.wake();
    expect(statements.map(ids)).toEqual([['a', 'b']]);
    await next().answer();
    expect(done()).toBe('done');
    expect(counts()).toEqual({ applied: 2 });
    expect(events.filter(({ kind }) => kind.startsWith('sink-')).map((event) => [event.kind, 'outcome' in event ? event.outcome : undefined])).toEqual([
      ['sink-write', 'failed'],
      ['sink-waiting', undefined],
      ['sink-write', 'ok'],
      ['sink-recovered', undefined],
    ]);
    expect(events.flatMap((event) => (event.kind === 'sink-waiting' ? [event.table] : []))).toEqual(['orders']);
  });

  test('a table that could not be opened, or that is gone, is opened anew; otherwise it is opened once', async () => {
    const { writer, next, machine, held } = writerUnderTest();
    held.refuseOpening = 1;
    const done = fate(writer.write([change('a', 1)], never));
    await turn();
    await machine.wake();
    expect(held.opened).toBe(2);
    await next().fail(new SinkError('SINK_TABLE_MISSING', 'Gone.', { retryable: false }));
    await machine.wake();
    expect(held.opened).toBe(3);
    await next().fail(away);
    await machine.wake();
    await next().answer();
    expect([done(), held.opened]).toEqual(['done', 3]);
  });

  test('a truncate is waited for too, and hears of the lost lease', async () => {
    const { writer, machine, held } = writerUnderTest();
    const lost = new AbortController();
    held.refuseOpening = 2;
    const applied = fate(writer.truncate(at(1), never));
    await turn();
    const left = fate(writer.truncate(at(1), lost.signal));
    await turn();
    lost.abort(new Error('lost'));
    await turn();
    expect([applied(), left()]).toEqual(['open', lost.signal.reason]);
    await machine.wake();
    expect(applied()).toBe('done');
  });
});

describe('a lost lease', () => {
  test('takes its changes out of what gathers; the others go on', async () => {
    const { writer, next, statements, counts } = writerUnderTest();
    const lost = new AbortController();
    const out = [fate(writer.write([change('a', 1)], never)), fate(writer.write([change('b', 1)], never))];
    const mine = fate(writer.write([change('c', 1), change('d', 1)], lost.signal));
    const other = fate(writer.write([change('e', 1)], never));
    await turn();
    lost.abort(new Error('lost'));
    await turn();
    expect(mine()).toBe(lost.signal.reason);
    expect(counts()).toEqual({ abandoned: 2 });
    await next().answer();
    expect(statements.map(ids)).toEqual([['b'], ['e']]);
    await next().answer();
    await next().answer();
    expect([...out, other].map((each) => each())).toEqual(['done', 'done', 'done']);
    expect(counts()).toEqual({ applied: 3, abandoned: 2 });
  });

  test('does not stop a statement that is out, but nobody waits for it', async () => {
    const { writer, next, counts } = writerUnderTest();
    const lost = new AbortController();
    const mine = fate(writer.write([change('a', 1)], lost.signal));
    await turn();
    const statement = next();
    lost.abort(new Error('lost'));
    await turn();
    expect([mine(), statement.signal.aborted, counts()]).toEqual([lost.signal.reason, false, {}]);
    await statement.answer();
    expect(counts()).toEqual({ applied: 1 });
  });

  test('while the database is waited for: its rows are left out of the next try', async () => {
    const { writer, next, statements, machine, counts } = writerUnderTest();
    const lost = new AbortController();
    const busy = fate(writer.write([change('x', 1)], never));
    const busyToo = fate(writer.write([change('y', 1)], never));
    const mine = fate(writer.write([change('a', 2)], lost.signal));
    const other = fate(writer.write([change('a', 1), change('b', 1)], never));
    await turn();
    await next().answer();
    await next().answer();
    expect(statements.map(versions)).toEqual([[2, 1]]);
    await next().fail(away);
    lost.abort(new Error('lost'));
    await machine.wake();
    expect(mine()).toBe(lost.signal.reason);
    expect(statements.map(versions)).toEqual([[1, 1]]);
    await next().answer();
    expect([busy(), busyToo(), other()]).toEqual(['done', 'done', 'done']);
    expect(counts()).toEqual({ applied: 4, abandoned: 1 });
  });

  test('of all that wait for the database: it is not asked again and not said to be back', async () => {
    const { writer, next, statements, machine, counts, events } = writerUnderTest();
    const lost = new AbortController();
    const mine = fate(writer.write([change('a', 1)], lost.signal));
    await turn();
    await next().fail(away);
    lost.abort(new Error('lost'));
    await machine.wake();
    expect([mine(), statements.length, counts()]).toEqual([lost.signal.reason, 0, { abandoned: 1 }]);
    expect(events.some(({ kind }) => kind === 'sink-recovered')).toBe(false);
    const later = fate(writer.write([change('a', 2)], never));
    await turn();
    await next().answer();
    expect(later()).toBe('done');
  });

  test('before the write: nothing is sent, and nothing is waited for', async () => {
    const { writer, statements, counts } = writerUnderTest();
    const lost = AbortSignal.abort(new Error('lost'));
    const others = ['x', 'y'].map((id) => fate(writer.write([change(id, 1)], never)));
    const mine = fate(writer.write([change('a', 1)], lost));
    await turn();
    expect([mine(), statements.map(ids), counts()]).toEqual([lost.reason, [['x'], ['y']], { abandoned: 1 }]);
    for (const statement of [...statements]) await statement.answer();
    expect(others.map((each) => each())).toEqual(['done', 'done']);
    expect(statements).toHaveLength(2);
  });
});

describe('the end of the process', () => {
  test('fails what waits and what is out, once each', async () => {
    const { writer, next, process, counts, machine } = writerUnderTest();
    const waits = fate(writer.write([change('a', 1)], never));
    await turn();
    await next().fail(away);
    const gathers = fate(writer.write([change('a', 2)], never));
    const reason = new Error('over');
    process.abort(reason);
    await turn();
    expect([waits(), gathers(), machine.sleeping(), counts()]).toEqual([reason, reason, 0, { abandoned: 2 }]);
    await expect(writer.write([change('b', 1)], never)).rejects.toBe(reason);
    expect(counts()).toEqual({ abandoned: 3 });
  });
});
