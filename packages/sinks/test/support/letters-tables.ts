// Tables of dead letters as an older version made them, without a column for partition keys. Tests for any SQL server.
import { expect, test } from 'vitest';
import type { Sink } from '../../src/index.ts';
import { plainLetter } from '../../src/testing/index.ts';
import { never } from './machine.ts';
import { withSink } from './with-sink.ts';

export interface LettersServer {
  /** The url of a database that nobody has used; may skip the test. */
  database(context: { skip(reason: string): never }): Promise<string>;
  query(url: string, text: string): Promise<unknown>;
  sink(url: string, createTables: boolean): Sink;
}

const keyed = (id: string) => ({ ...plainLetter, id, partitionKey: '{"id":1001}' });

/** Opened. */
function withOpen(sink: Sink, use: (sink: Sink) => Promise<void>): Promise<void> {
  return withSink(sink, async () => {
    await sink.open(never);
    await use(sink);
  });
}

/** Makes the table, takes the column away, and leaves one letter without it. */
export async function olderTable({ query, sink }: LettersServer, url: string): Promise<void> {
  await withOpen(sink(url, true), (first) => first.deadLetters().put([{ ...plainLetter, id: 'older' }], never));
  await query(url, 'ALTER TABLE shardfold_dead_letters DROP COLUMN partition_key');
}

/** The partition keys of all letters by id, as a store tells them. */
export async function keysIn(sink: Sink): Promise<readonly (readonly [id: string, partitionKey: string | undefined])[]> {
  const letters = await sink.deadLetters().page({ limit: 10 }, never);
  return letters.map(({ id, partitionKey }) => [id, partitionKey]);
}

/** Registers the tests. */
export function lettersTables(server: LettersServer): void {
  test('a table of an older version gets the column, also where several workers open at once, and its letters stay readable', async (context) => {
    const url = await server.database(context);
    await olderTable(server, url);
    const look = async (sink: Sink, id: string): Promise<void> => {
      await sink.deadLetters().put([keyed(id)], never);
      expect((await sink.describe(never)).problems).toEqual([]);
    };
    const ids = ['1', '2', '3', '4'];
    await Promise.all(ids.map((id) => withOpen(server.sink(url, true), (sink) => look(sink, id))));
    await withOpen(server.sink(url, true), async (sink) => {
      expect(await keysIn(sink)).toEqual([...ids.map((id) => [id, '{"id":1001}']), ['older', undefined]]);
    });
  });

  test('a table that must not be changed takes letters without it and says what to run; once that was run they have it', async (context) => {
    const url = await server.database(context);
    await olderTable(server, url);
    await withOpen(server.sink(url, false), async (sink) => {
      await sink.deadLetters().put([keyed('newer')], never);
      expect(await keysIn(sink)).toEqual([
        ['newer', undefined],
        ['older', undefined],
      ]);
      const [problem = '', ...rest] = (await sink.describe(never)).problems ?? [];
      expect([problem, rest]).toEqual([expect.stringMatching(/partition_key.*cannot be replayed\. Run this:\n(.*\n)*.*ALTER TABLE/), []]);
      expect(problem).not.toMatch(/SET (LOCAL|SESSION)/i);
      for (const statement of problem.slice(problem.indexOf('\n')).split(';')) if (statement.trim() !== '') await server.query(url, statement);
      await sink.deadLetters().put([keyed('newest')], never);
      expect(await keysIn(sink)).toEqual([
        ['newer', undefined],
        ['newest', '{"id":1001}'],
        ['older', undefined],
      ]);
      expect((await sink.describe(never)).problems).toEqual([]);
    });
  });
}
