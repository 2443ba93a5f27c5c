// `decode`: records in any of their wrappings to JSON lines. The expected lines are written from the records by hand.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lineBytesMax, splitLines } from '../../../src/cli/lines.ts';
import { cli } from '../../support/cli.ts';

const real = readFileSync(new URL('../../fixtures/dynamodb-opslog.jsonl', import.meta.url), 'utf8');
const records = real.trim().split('\n');
const first = records[0] ?? '';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const parsed = (out: string): unknown[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const decode = (stdin: string, ...flags: string[]) => cli(['decode', ...flags], { stdin: [Buffer.from(stdin)] });

const source = { system: 'aws:dynamodb', table: 'table-testdrive' };
const qux = { device: 'qux', timestamp: '2024-07-12T01:17:42' };
const foo = { device: 'foo', timestamp: '2024-07-12T01:17:42' };

test('real records become the changes that they are', async () => {
  const { code, out, err } = await decode(real);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(parsed(out)).toMatchObject([
    { kind: 'insert', source, key: qux, after: { ...qux, humidity: 84.84, temperature: 42.42 }, version: { time: 1720740233012995 } },
    {
      kind: 'modify',
      source,
      key: foo,
      after: { ...foo, humidity: 84.84, temperature: 55.66 },
      before: { ...foo, temperature: 42.42 },
      version: { time: 1720742302233719 },
    },
    { kind: 'remove', source, key: foo, before: { ...foo, humidity: 84.84, temperature: 55.66 }, version: { time: 1720742321848352 } },
  ]);
});

test('a file is read like stdin', async () => {
  expect(await cli(['decode', 'records.jsonl'], { files: { 'records.jsonl': real } })).toEqual(await decode(real));
});

describe('wrappings', () => {
  const bare = { kind: 'insert', key: qux };
  const wrappings: readonly (readonly [title: string, line: string, seq: string | undefined])[] = [
    ['base64', base64(first), undefined],
    [
      'a GetRecords answer',
      JSON.stringify({
        Records: [{ Data: base64(first), SequenceNumber: '4959', PartitionKey: 'p', ApproximateArrivalTimestamp: 1720740233.5 }],
        MillisBehindLatest: 0,
      }),
      '4959',
    ],
    [
      'a Lambda event',
      JSON.stringify({
        Records: [
          {
            kinesis: { data: base64(first), sequenceNumber: '4959', partitionKey: 'p', approximateArrivalTimestamp: 1720740233.5 },
            eventSource: 'aws:kinesis',
          },
        ],
      }),
      '4959',
    ],
    ['a record of a Lambda event', JSON.stringify({ kinesis: { data: base64(first), sequenceNumber: '4959', partitionKey: 'p' } }), '4959'],
  ];
  test.each(wrappings)('%s', async (_title, line, seq) => {
    const { code, out } = await decode(`${line}\n`);
    expect(code).toBe(0);
    expect(parsed(out)).toMatchObject([bare]);
    const version = (parsed(out)[0] as { version: { seq: string } }).version;
    if (seq !== undefined) expect(version.seq.startsWith(seq)).toBe(true);
  });

  test('an event of many records', async () => {
    const { out } = await decode(JSON.stringify({ Records: records.map((record, index) => ({ Data: base64(record), SequenceNumber: String(index + 1) })) }));
    expect(parsed(out)).toMatchObject([{ kind: 'insert' }, { kind: 'modify' }, { kind: 'remove' }]);
  });

  test('an event with one record that is none is taken as it stands', async () => {
    const { code, out } = await decode(JSON.stringify({ Records: [{ Data: base64(first), SequenceNumber: '1' }, { Data: 7 }] }));
    expect([code, parsed(out)]).toMatchObject([3, [{ kind: 'undecodable' }]]);
  });
});

test('what is not decoded is said in its place, and the exit code tells', async () => {
  const { code, out } = await decode(`${first}\n\n{"a":1}\nno json\n${first.slice(0, 90)}\n${records[2]}\n`);
  expect(code).toBe(3);
  expect(parsed(out)).toMatchObject([
    { kind: 'insert' },
    { kind: 'undecodable', error: { code: 'UNKNOWN_FORMAT' } },
    { kind: 'undecodable', error: { code: 'NOT_JSON' } },
    { kind: 'undecodable', error: { code: 'NOT_JSON' } },
    { kind: 'remove' },
  ]);
});

test('a format is chosen by name, and an unknown one refused', async () => {
  expect((await decode(first, '--format', 'dynamodb')).code).toBe(0);
  expect(await decode(first, '--format', 'dynamo')).toEqual({ code: 2, out: '', err: 'There is no format "dynamo"; did you mean "dynamodb"?\n' });
});

test("a file that is not there is the user's mistake", async () => {
  const { code, err } = await cli(['decode', 'nothing.jsonl']);
  expect(code).toBe(2);
  expect(err).toMatch(/^nothing\.jsonl: cannot be read/);
});

test('every format has an example that it decodes', async () => {
  const { out } = await cli(['formats', '--json']);
  const list = JSON.parse(out) as { name: string; recognises: string; example: string }[];
  expect(list.length).toBeGreaterThan(0);
  for (const { name, recognises, example } of list) {
    expect(recognises).toBeTruthy();
    expect((await decode(example, '--format', name)).code).toBe(0);
  }
});

test('lines are the same however they are cut into chunks', async () => {
  const lines = async (chunks: Uint8Array[]): Promise<string[]> => {
    const found: string[] = [];
    for await (const line of splitLines(
      (async function* () {
        yield* chunks;
      })(),
    ))
      found.push(line.kind === 'line' ? Buffer.from(line.bytes).toString('latin1') : line.kind);
    return found;
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a)).toString('latin1')),
        { maxLength: 9 },
      ),
      fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
      async (texts, sizes) => {
        const whole = Buffer.from(texts.map((text) => `${text}\n`).join(''), 'latin1');
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < whole.length; ) {
          const size = sizes.next().value ?? 1;
          chunks.push(whole.subarray(at, at + size));
          at += size;
        }
        expect(await lines(chunks)).toEqual(texts);
      },
    ),
  );
});

test('a line that is too long is dropped alone', async () => {
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  const many = Array.from({ length: lineBytesMax / chunk.length + 1 }, () => chunk);
  const { code, out } = await cli(['decode'], { stdin: [...many, Buffer.from(`\n${first}\n`)] });
  expect(code).toBe(3);
  expect(parsed(out)).toMatchObject([{ kind: 'undecodable', error: { code: 'TOO_LARGE' } }, { kind: 'insert' }]);
});
