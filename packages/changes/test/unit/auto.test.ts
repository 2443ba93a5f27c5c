// How `auto` chooses among the formats, stream by stream.
import { describe, expect, it } from 'vitest';
import { autoCodec, codecByName, codecs, describeDecoded, dynamodbCodec } from '../../src/index.ts';
import { change, exampleOf, opslog, realRecords, recordOf } from '../support/records.ts';

describe('auto', () => {
  it.each(codecs.filter(({ name }) => name !== 'rows').flatMap(({ name, examples }) => examples.map((example) => [name, example.title, example] as const)))(
    'reads %s: %s as nothing else, in a stream of its own and after any other format',
    (name, _title, example) => {
      const record = exampleOf(example);
      const wanted = describeDecoded(codecs.find((codec) => codec.name === name)?.decode(record) ?? { kind: 'ignored', reason: 'no codec' });
      expect(describeDecoded(autoCodec().decode(record))).toEqual(wanted);
      for (const other of codecs) {
        const auto = autoCodec();
        for (const before of other.examples) auto.decode({ ...exampleOf(before), shard: { stream: example.stream ?? '' } });
        expect([other.name, describeDecoded(auto.decode(record))]).toEqual([other.name, wanted]);
      }
    },
  );

  it('reads the records of real streams', () => {
    for (const record of realRecords) expect([dynamodbCodec.recognises(record), autoCodec().decode(record).kind]).toEqual([true, 'changes']);
  });

  it('says once for each stream what it chose', () => {
    const said: unknown[] = [];
    const auto = autoCodec({ onChosen: (choice) => said.push(choice) });
    const of = (stream: string) => ({ ...recordOf(opslog[0]), shard: { stream } });
    for (const stream of ['a', 'b', 'a', 'b']) auto.decode(of(stream));
    expect(said).toEqual([
      { stream: 'a', format: 'dynamodb' },
      { stream: 'b', format: 'dynamodb' },
    ]);
  });

  it.each<[unknown, string]>([
    ['', 'EMPTY'],
    ['{"a":', 'NOT_JSON'],
    ['{"a":1}', 'UNKNOWN_FORMAT'],
    [change({ eventName: 'FOOBAR' }), 'BROKEN_RECORD'],
  ])('%j: %s, before and after a record it knows', (content, code) => {
    const auto = autoCodec();
    const before = auto.decode(recordOf(content));
    expect(before).toMatchObject({ kind: 'undecodable', error: { code } });
    expect(auto.decode(recordOf(opslog[0])).kind).toBe('changes');
    // To the word: whoever comes next must not be judged by the last one's format alone.
    expect(auto.decode(recordOf(content))).toEqual(before);
  });

  it('says which formats there are', () => {
    expect(describeDecoded(autoCodec().decode(recordOf('{}'))).join()).toContain('dynamodb');
  });

  it('asks a record for its text once while the format stays', () => {
    const auto = autoCodec();
    auto.decode(recordOf(opslog[0]));
    let asked = 0;
    const record = recordOf(opslog[1]);
    auto.decode({
      ...record,
      text: () => {
        asked += 1;
        return record.text();
      },
    });
    expect(asked).toBe(1);
  });

  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  it.each<[string, string]>([
    ['mongodb', `{"operationType":"insert","ns":{"db":"d","coll":"c"},"documentKey":{"_id":1},"fullDocument":${nested(130)}}`],
    ['debezium', '{"source":{"connector":"postgresql","table":"t","lsn":1,"ts_ms":1},"op":"d","before":{"id":1},"transaction":1e2000}'],
    [
      'dms',
      '{"data":{"id":1},"metadata":{"operation":"load","record-type":"data","schema-name":"s","table-name":"t","timestamp":"2025-11-21T04:40:00Z","x":1e2000}}',
    ],
    ['dynamodb', JSON.stringify(change()).replace('"SizeBytes":6', '"SizeBytes":1e2000')],
  ])('reads %s after each other format, whatever a field that nobody reads may hold', (name, text) => {
    const record = { ...recordOf(text), shard: { stream: '' } };
    const wanted = describeDecoded(codecByName(name)?.decode(record) ?? { kind: 'ignored', reason: 'no codec' });
    expect(JSON.parse(wanted[0] ?? '')).toHaveProperty('version');
    for (const other of codecs) {
      const auto = autoCodec();
      for (const before of other.examples) auto.decode({ ...exampleOf(before), shard: { stream: '' } });
      expect([other.name, describeDecoded(auto.decode(record))]).toEqual([other.name, wanted]);
    }
  });

  it('lets no format speak for a record of another whose numbers would be too many', () => {
    const flood = JSON.stringify(change()).replace('"SizeBytes":6', `"SizeBytes":[${'1e999,'.repeat(20_000)}1]`);
    for (const other of codecs.filter(({ name }) => name !== 'rows')) {
      const auto = autoCodec();
      for (const before of other.examples) auto.decode({ ...exampleOf(before), shard: { stream: '' } });
      expect([other.name, auto.decode({ ...recordOf(flood), shard: { stream: '' } }).kind]).toEqual([other.name, 'changes']);
    }
  });

  it('remembers a thousand streams, and looks anew at the oldest of more', () => {
    const said: unknown[] = [];
    const auto = autoCodec({ onChosen: ({ stream }) => said.push(stream) });
    const read = (stream: string) => auto.decode({ ...recordOf(opslog[0]), shard: { stream } });
    for (let at = 0; at < 1000; at += 1) read(`s${at}`);
    read('s0');
    expect(said).toHaveLength(1000);
    read('one more');
    read('s1');
    read('s0');
    expect(said.slice(1000)).toEqual(['one more', 's0']);
  });
});
