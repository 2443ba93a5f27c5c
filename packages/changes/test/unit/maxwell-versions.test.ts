// The versions of the maxwell codec: what orders the changes of a row. Expected orders are those of MySQL's binlog.
import { describe, expect, it } from 'vitest';
import { type ChangeEvent, compareVersions, type Version } from '../../src/index.ts';
import { decodeMaxwell, maxwellRecord, second } from '../support/maxwell.ts';
import { onlyEvent, sequence } from '../support/records.ts';

const time = 1477053217_000_000;
const seq = `${sequence}000000000`;
const creature = { id: 1, m: 5.444 };
const keyed = { primary_key_columns: ['id'] };

function codeOf(content: unknown, place = {}): string {
  const decoded = decodeMaxwell(content, place);
  return decoded.kind === 'undecodable' ? decoded.error.code : decoded.kind;
}

function eventsOf(content: unknown): readonly ChangeEvent[] {
  const decoded = decodeMaxwell(content);
  if (decoded.kind !== 'changes') throw new Error(`expected changes: ${JSON.stringify(decoded)}`);
  return decoded.events;
}

describe('the version', () => {
  const versionOf = (parts: object, place: { readonly sequence?: string; readonly subSequence?: number } = {}): Version =>
    onlyEvent(decodeMaxwell(maxwellRecord('update', { data: creature, ...parts }), place)).version;
  const isAscending = (versions: readonly Version[]): void => {
    for (let at = 1; at < versions.length; at += 1) {
      const [older, newer] = [versions[at - 1], versions[at]];
      if (older !== undefined && newer !== undefined) expect([at, compareVersions(older, newer) < 0]).toEqual([at, true]);
    }
  };

  it('is the second, then the place in the stream: an xid is given when a transaction begins, not when it commits', () => {
    isAscending([
      versionOf({ ts: second - 1, xid: 9, commit: true }, { sequence: '9' }),
      versionOf({ xid: 8, xoffset: 1 }, { sequence: '1', subSequence: 1 }),
      versionOf({ xid: 8, commit: true }, { sequence: '1', subSequence: 2 }),
      versionOf({ xid: 7, commit: true }, { sequence: '2' }),
    ]);
  });

  it('is the place in the binlog within the second, where the record has it, though a retry has put it later into the stream', () => {
    isAscending([
      versionOf({ position: 'mysql-bin-changelog.000009:99999', commit: true }, { sequence: '9' }),
      versionOf({ position: 'mysql-bin-changelog.000010:154' }, { sequence: '8' }),
      versionOf({ position: 'mysql-bin-changelog.000010:1000', xoffset: 9 }, { sequence: '7' }),
      versionOf({ position: 'mysql-bin-changelog.000010:1000', xoffset: 10 }, { sequence: '6' }),
      versionOf({ position: 'mysql-bin-changelog.000010:1000', xoffset: 1e12 }, { sequence: '5' }),
      versionOf({ position: 'mysql-bin-changelog.000010:1000', commit: true }, { sequence: '4' }),
      versionOf({ ts: second + 1, position: 'other-server.000001:4' }, { sequence: '3' }),
    ]);
  });

  it('is the place in the stream for rows of one binlog event without an offset', () => {
    const position = 'master.000006:800911';
    isAscending([
      versionOf({ position }, { sequence: `1${'0'.repeat(30)}` }),
      versionOf({ position }, { sequence: `1${'0'.repeat(29)}1` }),
      versionOf({ position }, { sequence: `1${'0'.repeat(29)}1`, subSequence: 1 }),
    ]);
  });

  it.each([
    ['a uuid with a number', '3E11FA47-71CA-11E1-9E33-C80AA9429562:23', '3E11FA47-71CA-11E1-9E33-C80AA9429562:101'],
    ["MariaDB's", '0-1-62', '0-1-101'],
  ])('is the number of the gtid within the second: %s', (_, older, newer) => {
    isAscending([versionOf({ gtid: older, commit: true }, { sequence: '2' }), versionOf({ gtid: newer, xoffset: 0 }, { sequence: '1' })]);
  });

  it.each([{ position: 'nowhere' }, { position: 'a.1:99999999999999' }, { position: 7 }, { gtid: null }, { gtid: 'x' }])(
    'is the place in the stream beside %j',
    (parts) => {
      expect(versionOf(parts)).toEqual({ time, seq });
    },
  );

  it('of a key that changes puts the row after the removal, with or without a place in the binlog', () => {
    for (const more of [{}, { position: 'master.000006:800911' }, { position: 'master.000006:800911', commit: true }]) {
      isAscending(eventsOf(maxwellRecord('update', { ...keyed, data: { id: 2 }, old: { id: 1 }, ...more })).map(({ version }) => version));
    }
  });

  it('of a bootstrap is below every change, the later bootstrap above the earlier', () => {
    const bootstrap = (ts: number): Version =>
      onlyEvent(decodeMaxwell(maxwellRecord('bootstrap-insert', { ts, position: 'master.000006:800911', data: creature }))).version;
    isAscending([bootstrap(second), bootstrap(second + 1), versionOf({ ts: 0 })]);
  });

  it.each([undefined, null, '1477053217', 1.5, -1, 1e300, 1477053217000])('is not made of the time %j', (ts) => {
    for (const type of ['insert', 'update', 'bootstrap-insert']) {
      expect(codeOf(maxwellRecord(type, { ts, data: creature }))).toBe(ts === undefined ? 'UNKNOWN_FORMAT' : 'BROKEN_RECORD');
    }
  });

  it.each([{ sequence: 'abc' }, { sequence: '' }, { sequence: '1'.repeat(57) }, { subSequence: 1_000_000 }])('is not made of the place %j', (place) => {
    for (const more of [{}, { position: 'master.000006:800911' }]) {
      for (const type of ['delete', 'bootstrap-insert']) expect(codeOf(maxwellRecord(type, { data: creature, ...more }), place)).toBe('BROKEN_RECORD');
      expect(codeOf(maxwellRecord('update', { ...keyed, data: { id: 2 }, old: { id: 1 }, ...more }), place)).toBe('BROKEN_RECORD');
    }
  });
});
