// Laws of the suite about what a row and a key may hold: exact numbers, hostile bytes, rows that a database refuses.
import assert from 'node:assert/strict';
import { ExactNumber, type Image, type Key } from '@shardfold/changes';
import { prepareGroup } from '../keys.ts';
import type { TargetTable } from '../types.ts';
import { type Law, neverAborted } from './law.ts';
import { at, origin, put, remove, rowOf, target, textKey, textRow } from './material.ts';

const digits = '12345678901234567890123456789012345678';

const refusedRows: Law = {
  name: 'rows that cannot be stored are rejected by index, the rest lands',
  async holds(subject) {
    const table = await subject.sinks[0].table(target('orders'), neverAborted);
    const bad = new Set([3, 4, 17]);
    const group = Array.from({ length: 20 }, (_, index) =>
      put(textKey(`k${String(index).padStart(2, '0')}`), at(1), { text: bad.has(index) ? 'a\u0000b' : 'ab' }),
    );
    const report = await table.write(group, neverAborted);
    assert.equal(report.applied, group.length - bad.size);
    assert.deepEqual(
      report.rejected.map(({ index }) => index).sort((left, right) => left - right),
      [...bad],
    );
    for (const { error } of report.rejected) assert.ok(error.code.length > 0 && error.message.length > 0);
    assert.equal((await subject.rows('orders')).length, group.length - bad.size);
    assert.equal((await table.write(group, neverAborted)).superseded, group.length - bad.size);
  },
};

const exactNumbers: Law = {
  name: 'numbers keep all their digits, in rows and in keys',
  async holds(subject) {
    const table = await subject.sinks[0].table(target('numbers', { key: [{ name: 'no', type: 'number' }] }), neverAborted);
    const keys = [digits, `-0.${digits}`, '9007199254740993', '9007199254740992'];
    const image: Image = { integer: new ExactNumber(digits), big: 9007199254740993n, fraction: new ExactNumber(`0.${digits}`) };
    await table.write(prepareGroup(keys.map((key) => put([['no', new ExactNumber(key)]], at(1, '9'.repeat(65)), image))), neverAborted);
    const rows = await subject.rows('numbers');
    assert.deepEqual(rows.map(({ key }) => key[0]).sort(), [...keys].sort());
    for (const { data, version } of rows) {
      for (const text of [digits, '9007199254740993', `0.${digits}`]) assert.ok(data.includes(text), `${data} lost ${text}`);
      assert.equal(version.seq, '9'.repeat(65));
    }
    const again: Key = [['no', new ExactNumber('9007199254740993.0')]];
    assert.equal((await table.write([put(again, at(1, '1'), {})], neverAborted)).superseded, 1);
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
  'é',
  'e\u0301',
  '😀',
  '\u2028',
  '\u0001',
  'a'.repeat(2_000),
];

const hostileKeys: Law = {
  name: 'keys of any text and any bytes stay apart and come back as they were',
  async holds(subject) {
    const texts = await subject.sinks[0].table(target('texts'), neverAborted);
    await texts.write(prepareGroup(hostileTexts.map((text) => put(textKey(text), at(1), { text }))), neverAborted);
    const stored = await subject.rows('texts');
    assert.deepEqual(stored.map(({ key }) => key[0]).sort(), [...hostileTexts].sort());
    for (const { key, data } of stored) assert.equal(JSON.parse(data).text, key[0]);

    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const bytes = [all, all.subarray(255), all.subarray(0, 1), new Uint8Array(0)];
    const binary = await subject.sinks[0].table(target('bytes', { key: [{ name: 'id', type: 'binary' }] }), neverAborted);
    await binary.write(prepareGroup(bytes.map((id) => put([['id', id]], at(1), {}))), neverAborted);
    await binary.write([remove([['id', all.subarray(0, 1)]], at(2))], neverAborted);
    const left = bytes.filter((id) => id.length !== 1 || id[0] !== 0).map((id) => Buffer.from(id).toString('base64'));
    assert.deepEqual((await subject.rows('bytes')).map(({ key }) => key[0]).sort(), left.sort());
  },
};

const hostileNames: Law = {
  name: 'columns of any name stay themselves, and long or quoted table names stay apart',
  async holds(subject) {
    const image: Image = Object.assign(Object.create(null), { ['__proto__']: 1, 'a.b': 2, $x: 3, 'x[0]': 4, '': 5, '"': 6, data: 7, cdc_time: 8 });
    for (const name of ['Or"der\'s; --', `${'long_'.repeat(14)}a`, `${'long_'.repeat(14)}b`]) {
      const key: TargetTable['key'] = [
        { name: `${'a key '.repeat(12)}"`, type: 'text' },
        { name: '$1', type: 'integer' },
        { name: 'select', type: 'boolean' },
      ];
      const table = await subject.sinks[0].table(target(name, { key }), neverAborted);
      const address = [name, 2, true].map((value, index) => [key[index]?.name ?? '', value] as const);
      const report = await table.write([put(address, at(1), image)], neverAborted);
      assert.equal(report.applied, 1);
      const rows = await subject.rows(name);
      assert.deepEqual(
        rows.map((row) => row.key),
        [[name, '2', 'true']],
      );
      assert.deepEqual(Object.entries(JSON.parse(rows[0]?.data ?? '{}')).sort(), Object.entries(image).sort());
    }
  },
};

const policies: Law = {
  name: 'columns are dropped and renamed as the target says',
  async holds(subject) {
    const table = await subject.sinks[0].table(target('orders', { columns: { drop: ['ssn'], rename: { ts: 'created_at' } } }), neverAborted);
    await table.write([put(textKey('a'), at(1), { id: 'a', ssn: 'x', ts: 5 })], neverAborted);
    assert.deepEqual(JSON.parse((await subject.rows('orders'))[0]?.data ?? ''), { id: 'a', created_at: 5 });
  },
};

const appended: Law = {
  name: 'rows without a key are kept by their place in the stream, once',
  async holds(subject) {
    const table = await subject.sinks[0].table(target('events', { key: [] }), neverAborted);
    const group = ['shard-1:5:0', 'shard-1:6:0'].map((position) => ({
      kind: 'append' as const,
      position,
      row: rowOf({ position }),
      version: at(1),
      bytes: 1,
      origin,
    }));
    assert.equal((await table.write(group, neverAborted)).applied, 2);
    assert.equal((await table.write(group, neverAborted)).superseded, 2);
    assert.deepEqual((await subject.rows('events')).map(({ key }) => key[0]).sort(), ['shard-1:5:0', 'shard-1:6:0']);
  },
};

const largeRows: Law = {
  name: 'more rows and more bytes than a statement takes are one write',
  async holds(subject) {
    const table = await subject.sinks[0].table(target('orders'), neverAborted);
    const large = textRow(`{"text":"${'x'.repeat(5_000_000)}"}`);
    const group = prepareGroup([
      ...Array.from({ length: 5_100 }, (_, index) => put(textKey(`s${index}`), at(1), { index })),
      ...['a', 'b', 'c'].map((id) => put(textKey(id), at(1), large)),
    ]);
    assert.deepEqual(await table.write(group, neverAborted), { applied: group.length, superseded: 0, unresolved: 0, rejected: [] });
    assert.equal((await subject.rows('orders')).length, group.length);
    assert.deepEqual(await table.write([], neverAborted), { applied: 0, superseded: 0, unresolved: 0, rejected: [] });
  },
};

export const rowLaws: readonly Law[] = [refusedRows, exactNumbers, hostileKeys, hostileNames, policies, appended, largeRows];
