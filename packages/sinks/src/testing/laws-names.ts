// Laws of the suite about names in layout `columns`. A column may be called otherwise than its attribute where the server
// cannot have the name; no two attributes ever share one, and every sink finds the same.
import assert from 'node:assert/strict';
import { prepareGroup } from '../keys.ts';
import { assertReport, assertRows, exactMembers } from './check.ts';
import { type Law, neverAborted } from './law.ts';
import { at, imageOf, put, target, textKey } from './material.ts';

/** These are called what they are called on every server, as columns or in `_extra`. */
const ownNames = ['plain', 'order', 'cdc_time', 'cdc_seq', 'cdc_deleted', '_extra', 'data'];

function ofLength(length: number, end: string): string {
  return 'n'.repeat(length - end.length) + end;
}

const oddNames = [
  '__proto__',
  'constructor',
  'Plain',
  'PLAIN',
  'select',
  'table',
  'with space',
  ' leading',
  'quote"d',
  "apostrophe's",
  'back\\slash',
  '`tick`',
  'semi;colon--',
  'a.b',
  'x[0]',
  '$1',
  '%s',
  '?',
  ':name',
  '',
  ' ',
  '_id',
  '_version',
  'rowid',
  'oid',
  'ctid',
  'xmin',
  'tableoid',
  'k0',
  't',
  's',
  '1',
  'é',
  'e\u0301',
  'É',
  'ß',
  'ı',
  '😀',
  '名前',
  'tab\there',
  'line\nbreak',
  ...[63, 64, 65, 128, 300].flatMap((length) => [ofLength(length, 'a'), ofLength(length, 'b')]),
  // 63 bytes end in the middle of a character.
  `${'n'.repeat(62)}é1`,
  `${'n'.repeat(62)}é2`,
  '😀'.repeat(20),
];

const names = [...ownNames, ...oddNames];
const orders = target('orders', { layout: 'columns' });

/** Which stored name each value is under; values are unlike each other. */
async function placesOf(rows: readonly { readonly data: string }[]): Promise<Map<string, string>> {
  assert.equal(rows.length, 1);
  return new Map([...exactMembers(rows[0]?.data ?? '{}')].filter(([name]) => name !== 'id').map(([name, value]) => [String(value), name]));
}

const oddColumnNames: Law = {
  name: 'attributes of any name have a place each, the same for every sink and every row',
  concerns: ({ layouts }) => layouts.includes('columns'),
  async holds(trial) {
    const imageAt = (round: number): ReturnType<typeof imageOf> => imageOf(names.map((name, index) => [name, `${index}:${round}`] as const));
    const first = await trial.sinks[0].table(orders, neverAborted);
    const second = await trial.sinks[1].table(orders, neverAborted);
    const found: Map<string, string>[] = [];
    for (const [round, table] of [first, second, await trial.sinks[1].table(orders, neverAborted)].entries()) {
      assertReport(trial, await table.write([put(textKey('k'), at(round), imageAt(round))], neverAborted), { applied: 1 }, `round ${round}`);
      found.push(await placesOf(await trial.rows(orders)));
    }
    for (const [round, places] of found.entries()) {
      for (const [index, name] of names.entries()) {
        const place = places.get(`${index}:${round}`);
        assert.ok(place !== undefined, `round ${round}: ${JSON.stringify(name)} is lost`);
        assert.equal(place, found[0]?.get(`${index}:0`), `round ${round}: ${JSON.stringify(name)} has moved`);
        if (ownNames.includes(name)) assert.equal(place, name);
      }
      assert.equal(places.size, names.length);
    }
    assertReport(trial, await first.write([put(textKey('k'), at(10), { plain: 'alone' })], neverAborted), { applied: 1 });
    await assertRows(trial, orders, [{ key: ['k'], data: { plain: 'alone' }, version: at(10) }]);
  },
};

const namesOneByOne: Law = {
  name: 'names that only their case or their end tells apart have a place each, in whichever order they come',
  concerns: ({ layouts }) => layouts.includes('columns'),
  async holds(trial) {
    const alike = ['Name', 'name', 'NAME', ofLength(130, 'a'), ofLength(130, 'b'), ofLength(63, 'z'), `${'n'.repeat(63)}`];
    for (const [turn, order] of [alike, [...alike].reverse()].entries()) {
      const table = target(`alike_${turn}`, { layout: 'columns' });
      const tables = [await trial.sinks[0].table(table, neverAborted), await trial.sinks[1].table(table, neverAborted)] as const;
      for (const [index, name] of order.entries()) {
        const writer = tables[index % 2 === 0 ? 0 : 1];
        assertReport(trial, await writer.write([put(textKey(String(index)), at(1), imageOf([[name, index]]))], neverAborted), { applied: 1 }, name);
      }
      const whole = imageOf(order.map((name, index) => [name, index + 100] as const));
      await tables[0].write(prepareGroup([put(textKey('whole'), at(1), whole)]), neverAborted);
      const rows = await trial.rows(table);
      const places = new Map(rows.map(({ key: [id = ''], data }) => [id, [...exactMembers(data)].filter(([name]) => name !== 'id')] as const));
      const all = new Map(places.get('whole')?.map(([name, value]) => [digitsOf(value), name]));
      assert.equal(all.size, order.length);
      for (const [index, name] of order.entries()) {
        const own = places.get(String(index)) ?? [];
        assert.deepEqual(
          own.map(([place, value]) => [place, digitsOf(value)]),
          [[all.get(String(index + 100)), String(index)]],
          name,
        );
      }
    }
  },
};

/** A number as `exactMembers` gives it. */
function digitsOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'digits' in value ? String(value.digits) : String(value);
}

export const columnNameLaws: readonly Law[] = [oddColumnNames, namesOneByOne];
