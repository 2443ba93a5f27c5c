// Laws of the suite about what a row and a key may hold, in either layout where the layout has no say: exact numbers, hostile
// texts and bytes, rows that a database refuses, sizes.
import assert from 'node:assert/strict';
import { ExactNumber, type Image, type Key, type Value, ValueSet } from '@shardfold/changes';
import { prepareGroup } from '../keys.ts';
import type { TargetTable } from '../types.ts';
import { assertReport, assertRows, exactMembers } from './check.ts';
import { type Law, neverAborted } from './law.ts';
import { append, at, imageOf, put, remove, target, textKey, textRow } from './material.ts';
import { overShapes, shapesOf } from './shapes.ts';

const digits = '12345678901234567890123456789012345678';

const refusedRows: Law = {
  name: 'rows that cannot be stored are rejected by index, the rest lands',
  concerns: ({ refused, layouts }) => refused !== undefined && layouts.includes('document'),
  async holds(trial) {
    const { refused = {} } = trial.traits;
    const table = await trial.sinks[0].table(target('orders'), neverAborted);
    const bad = [3, 4, 17];
    const good: Image = { text: 'ab' };
    const group = Array.from({ length: 20 }, (_, index) => put(textKey(`k${String(index).padStart(2, '0')}`), at(1), bad.includes(index) ? refused : good));
    const landed = group.length - bad.length;
    assertReport(trial, await table.write(group, neverAborted), { applied: landed, rejected: bad });
    assert.equal((await trial.rows(target('orders'))).length, landed);
    assertReport(trial, await table.write(group, neverAborted), { superseded: landed, rejected: bad });
    const rest = group.map(({ version, ...mutation }, index) => (index === 5 ? remove(textKey('k05'), at(2)) : { ...mutation, version }));
    assertReport(trial, await table.write(rest, neverAborted), { applied: 1, superseded: landed - 1, rejected: bad });
    assert.equal((await trial.rows(target('orders'))).length, landed - 1);
  },
};

const exactNumbers: Law = {
  name: 'numbers keep all their digits, in rows and in keys',
  async holds(trial) {
    const numbers = target('numbers', { key: [{ name: 'no', type: 'number' }] });
    const table = await trial.sinks[0].table(numbers, neverAborted);
    const keys = [digits, `-0.${digits}`, '9007199254740993', '9007199254740992'];
    const image: Image = {
      integer: new ExactNumber(digits),
      big: 9007199254740993n,
      int64: -9223372036854775807n,
      fraction: new ExactNumber(`0.${digits}`),
      small: new ExactNumber(`0.${'0'.repeat(129)}1`),
      large: new ExactNumber(`99${'0'.repeat(124)}`),
      list: [new ExactNumber(digits), { deep: new ExactNumber(`-${digits}`) }],
      set: new ValueSet([3, 1, 2]),
    };
    const version = at(1, '9'.repeat(65));
    const group = prepareGroup(keys.map((key) => put([['no', new ExactNumber(key)]], version, image)));
    assertReport(trial, await table.write(group, neverAborted), { applied: keys.length });
    await assertRows(
      trial,
      numbers,
      keys.map((key) => ({ key: [key], data: image, version })),
    );
    const again: Key = [['no', new ExactNumber('9007199254740993.0')]];
    assertReport(trial, await table.write([put(again, at(1, '1'), {})], neverAborted), { superseded: 1 });
  },
};

const hostileTexts = [
  "O'Brien",
  '"; DROP TABLE orders; --',
  '\\',
  '\\u0041',
  '{"k0":1}',
  '$1',
  '',
  ' ',
  'a',
  'A',
  'a ',
  'é',
  'e\u0301',
  '😀',
  '\u2028',
  '\u0001',
  'long',
];

const hostileKeys: Law = {
  name: 'keys of any text and any bytes stay apart and come back as they were',
  async holds(trial) {
    const texts = hostileTexts.map((text) => (text === 'long' ? 'a'.repeat(Math.min(2_000, trial.traits.maxKeyBytes)) : text));
    const table = await trial.sinks[0].table(target('texts'), neverAborted);
    await table.write(prepareGroup(texts.map((text) => put(textKey(text), at(1), { text }))), neverAborted);
    await assertRows(
      trial,
      target('texts'),
      texts.map((text) => ({ key: [text], data: { text }, version: at(1) })),
    );

    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const bytes = [all, all.subarray(255), all.subarray(0, 1), new Uint8Array(0)];
    const binaries = target('bytes', { key: [{ name: 'id', type: 'binary' }] });
    const binary = await trial.sinks[0].table(binaries, neverAborted);
    await binary.write(prepareGroup(bytes.map((id) => put([['id', id]], at(1), {}))), neverAborted);
    await binary.write([remove([['id', all.subarray(0, 1)]], at(2))], neverAborted);
    const left = bytes.filter((id) => id.length !== 1 || id[0] !== 0).map((id) => Buffer.from(id).toString('base64'));
    assert.deepEqual((await trial.rows(binaries)).map(({ key }) => key[0]).sort(), left.sort());
  },
};

const hostileNames: Law = {
  name: 'attributes of any name stay themselves, and long or quoted table names stay apart',
  concerns: ({ layouts }) => layouts.includes('document'),
  async holds(trial) {
    const names = ['__proto__', 'constructor', 'a.b', '$x', 'x[0]', '', ' ', '"', 'a', 'A', 'data', 'cdc_time', 'cdc_partial', '_extra', '😀', 'n'.repeat(300)];
    const image = imageOf(names.map((name, index) => [name, index] as const));
    for (const name of ['Or"der\'s; --', `${'long_'.repeat(14)}a`, `${'long_'.repeat(14)}b`]) {
      const key: TargetTable['key'] = [
        { name: `${'a key '.repeat(12)}"`, type: 'text' },
        { name: '$1', type: 'integer' },
        { name: 'select', type: 'boolean' },
      ];
      const orders = target(name, { key });
      const table = await trial.sinks[0].table(orders, neverAborted);
      const address = [name, 2, true].map((value, index) => [key[index]?.name ?? '', value] as const);
      assertReport(trial, await table.write([put(address, at(1), image)], neverAborted), { applied: 1 });
      await assertRows(trial, orders, [{ key: [name, '2', 'true'], data: image, version: at(1) }]);
    }
  },
};

const hostileValues: Law = {
  name: 'values at the edges come back as they were: empty, long, deep, not a number',
  concerns: ({ layouts }) => layouts.includes('document'),
  async holds(trial) {
    const depth = Math.min(80, trial.traits.maxDepth) - 1;
    let deep: Value = 'bottom';
    for (let level = 0; level < depth; level += 1) deep = level % 2 === 0 ? [deep] : { deep };
    const image: Image = {
      empty: '',
      nothing: null,
      list: [],
      map: {},
      nan: Number.NaN,
      infinite: Number.NEGATIVE_INFINITY,
      zero: -0,
      long: 'x'.repeat(40_000),
      wide: '😀é\u2028\u0001\\u0000"'.repeat(1_000),
      mixed: [1, 'a', null, true, [2], { a: 1 }, [[]]],
      bytes: Uint8Array.from({ length: 256 }, (_, byte) => byte),
      sets: [new ValueSet(['b', 'a']), new ValueSet([new Uint8Array([1])])],
      deep,
      textual: { json: '{"a":1}', date: '2020-01-01', number: '1', null: 'null', boolean: 'true' },
    };
    const rows: Image[] = [image, {}, { only: null }];
    const table = await trial.sinks[0].table(target('orders'), neverAborted);
    const group = rows.map((row, index) => put(textKey(String(index)), at(1), row));
    assertReport(trial, await table.write(group, neverAborted), { applied: rows.length });
    await assertRows(
      trial,
      target('orders'),
      rows.map((data, index) => ({ key: [String(index)], data, version: at(1) })),
    );
  },
};

const policies = overShapes('attributes are dropped and renamed as the target says', shapesOf(['hard'], false), async (trial, named) => {
  const orders = named('orders', { columns: { drop: ['ssn'], rename: { ts: 'created_at' } } });
  const table = await trial.sinks[0].table(orders, neverAborted);
  const image = { id: 'a', ssn: 'x', ts: 5, created_at: 'shadowed', other: true };
  await table.write([put(textKey('a'), at(1), image), put(textKey('b'), at(1), { ts: 'text' })], neverAborted);
  await assertRows(trial, orders, [
    { key: ['a'], data: { id: 'a', created_at: 5, other: true }, version: at(1) },
    { key: ['b'], data: { created_at: 'text' }, version: at(1) },
  ]);
});

const appended = overShapes('rows without a key are kept by their place in the stream, once', shapesOf(['hard'], false), async (trial, named) => {
  const events = named('events', { key: [] });
  const positions = ['shard-1:5:0', 'shard-1:6:0'];
  const group = positions.map((position) => append(position, at(1), { position, n: 1 }));
  const wanted = positions.map((position) => ({ key: [position], data: { position, n: 1 }, version: at(1) }));
  for (const [sink, outcome] of [[trial.sinks[0], 'applied'] as const, [trial.sinks[1], 'superseded'] as const]) {
    const table = await sink.table(events, neverAborted);
    assertReport(trial, await table.write(group, neverAborted), { [outcome]: 2 });
    await assertRows(trial, events, wanted);
  }
});

const largeRows: Law = {
  name: 'more rows and more bytes than a statement takes are one write',
  async holds(trial) {
    const table = await trial.sinks[0].table(target('orders'), neverAborted);
    const large = textRow(`{"text":"${'x'.repeat(Math.min(5_000_000, trial.traits.maxRowBytes - 1_000))}"}`);
    const group = prepareGroup([
      ...Array.from({ length: 5_100 }, (_, index) => put(textKey(`s${index}`), at(1), { index })),
      ...['a', 'b', 'c'].map((id) => put(textKey(id), at(1), large)),
    ]);
    assertReport(trial, await table.write(group, neverAborted), { applied: group.length });
    const rows = await trial.rows(target('orders'));
    assert.equal(rows.length, group.length);
    for (const { key, data } of rows.filter(({ key: [id = ''] }) => id.length === 1))
      assert.deepEqual(exactMembers(data), exactMembers(large.json({ numbers: 'exact', drop: [], rename: {} })), key[0]);
    assertReport(trial, await table.write([], neverAborted), {});
  },
};

export const rowLaws: readonly Law[] = [refusedRows, exactNumbers, hostileKeys, hostileNames, hostileValues, policies, appended, largeRows];
