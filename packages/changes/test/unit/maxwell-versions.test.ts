// The versions of the maxwell codec: what orders the changes of a row. Expected orders are those of MySQL's binlog.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChangeEvent, compareVersions, type Version } from '../../src/index.ts';
import { decodeMaxwell, maxwellRecord, second } from '../support/maxwell.ts';
import { onlyEvent, sequence } from '../support/records.ts';

const time = 0;
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

/** As Kinesis builds them: the shard's birth, the shard, a count of 64 bits, then what counts nothing: the second, the shard again, a version. */
function kinesisSequence(place: number, at = 0x6856a055 + place): string {
  const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0');
  return BigInt(`0x2${hex(0x68569f76, 9)}0${hex(0x18227de8 + place, 16)}00${hex(at, 9)}${hex(0, 8)}2`).toString();
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

  it('is the place in the stream, whatever the second: a statement that began earlier may change the row later', () => {
    isAscending([
      versionOf({ ts: second + 1, xid: 9, commit: true }, { sequence: '1' }),
      versionOf({ xid: 8, xoffset: 1 }, { sequence: '1', subSequence: 1 }),
      versionOf({ xid: 8, commit: true }, { sequence: '1', subSequence: 2 }),
      versionOf({ xid: 7, commit: true }, { sequence: '2' }),
    ]);
  });

  it('is the place in the binlog where the record has it, whatever the second, and though a retry has put it later into the stream', () => {
    isAscending([
      versionOf({ position: 'mysql-bin-changelog.000009:99999', commit: true }, { sequence: '9' }),
      versionOf({ position: 'mysql-bin-changelog.000010:154' }, { sequence: '8' }),
      // It waited for a row that the next one had locked.
      versionOf({ ts: second + 1, position: 'mysql-bin-changelog.000010:200' }, { sequence: '7' }),
      versionOf({ ts: second, position: 'mysql-bin-changelog.000010:300' }, { sequence: '7' }),
      versionOf({ position: 'mysql-bin-changelog.000010:1000', xoffset: 9 }, { sequence: '7' }),
      versionOf({ position: 'mysql-bin-changelog.000010:1000', xoffset: 10 }, { sequence: '6' }),
      versionOf({ position: 'mysql-bin-changelog.000010:1000', xoffset: 1e12 }, { sequence: '5' }),
      versionOf({ position: 'mysql-bin-changelog.000010:1000', commit: true }, { sequence: '4' }),
    ]);
  });

  it.each<[string, readonly string[]]>([
    ["numbers of Kinesis' shape, one after another", Array.from({ length: 50 }, (_, place) => kinesisSequence(place))],
    ['numbers of one second', Array.from({ length: 50 }, (_, place) => kinesisSequence(place, 0x6856a055))],
    ['numbers far apart', Array.from({ length: 50 }, (_, place) => kinesisSequence(place * 40_000_019))],
    ["an emulator's short numbers", ['1', '9', '10', '100', `1${'0'.repeat(23)}`]],
    ['numbers of 56 digits by another hand', [`1${'0'.repeat(55)}`, `1${'0'.repeat(54)}1`, `1${'0'.repeat(53)}10`]],
  ])('is the place in the stream for rows of one binlog event without an offset: %s', (_, sequences) => {
    const position = 'master.000006:800911';
    isAscending(sequences.flatMap((each) => [versionOf({ position }, { sequence: each }), versionOf({ position }, { sequence: each, subSequence: 1 })]));
  });

  it('has the digits of the place in the stream that count, whatever the sequence number', () => {
    const firstKinesis = 2n ** 185n;
    const any = fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 56n - 1n }), fc.bigInt({ min: firstKinesis - 100n, max: firstKinesis + 2n ** 82n }));
    fc.assert(
      fc.property(any, fc.nat(3), (place, zeros) => {
        const sequence = place.toString().padStart(56 - zeros, '0');
        const counting = place >= firstKinesis ? place >> 80n : place;
        const { seq: found } = versionOf({ position: 'master.000006:800911' }, { sequence });
        expect(found.slice(-33, -9)).toBe(counting.toString().padStart(24, '0').slice(-24));
      }),
      {
        examples: [
          [firstKinesis, 0],
          [firstKinesis - 1n, 0],
          [10n ** 56n - 1n, 0],
          [0n, 0],
        ].map(([place, zeros]) => [BigInt(place ?? 0), Number(zeros)]),
      },
    );
  });

  it('lets no removal of one row hide the insert of another in the same event', () => {
    // update t set id = id + 1 order by id desc
    const moved = (from: number, place: number): readonly ChangeEvent[] => {
      const content = maxwellRecord('update', { ...keyed, position: 'master.000006:800911', data: { id: from + 1 }, old: { id: from } });
      const decoded = decodeMaxwell(content, { sequence: kinesisSequence(place) });
      return decoded.kind === 'changes' ? decoded.events : [];
    };
    for (let place = 0; place < 50; place += 1) {
      const [removed] = moved(2, place);
      const [, inserted] = moved(1, place + 1);
      if (removed === undefined || inserted === undefined) throw new Error('expected two changes of a moved row');
      expect([place, compareVersions(removed.version, inserted.version) < 0]).toEqual([place, true]);
    }
  });

  it.each([
    { position: 'nowhere' },
    { position: 'a.1:99999999999999' },
    { position: 7 },
    // Another server counts anew.
    { gtid: '3E11FA47-71CA-11E1-9E33-C80AA9429562:23', commit: true },
    { gtid: '0-1-62', xoffset: 3 },
  ])('is the place in the stream beside %j', (parts) => {
    expect(versionOf(parts)).toEqual({ time, seq });
  });

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

  it.each([null, '1477053217', 1.5, -1, 1e300, 1477053217000])('of a bootstrap is not made of the time %j, which nothing else needs', (ts) => {
    expect(codeOf(maxwellRecord('bootstrap-insert', { ts, data: creature }))).toBe('BROKEN_RECORD');
    for (const type of ['insert', 'update', 'delete']) expect(codeOf(maxwellRecord(type, { ts, data: creature }))).toBe('changes');
  });

  it.each([{ sequence: 'abc' }, { sequence: '' }, { sequence: '-1' }, { sequence: '1'.repeat(57) }, { subSequence: 1_000_000 }])(
    'is not made of the place %j',
    (place) => {
      for (const more of [{}, { position: 'master.000006:800911' }]) {
        for (const type of ['delete', 'bootstrap-insert']) expect(codeOf(maxwellRecord(type, { data: creature, ...more }), place)).toBe('BROKEN_RECORD');
        expect(codeOf(maxwellRecord('update', { ...keyed, data: { id: 2 }, old: { id: 1 }, ...more }), place)).toBe('BROKEN_RECORD');
      }
    },
  );
});
