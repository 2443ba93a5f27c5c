// `decode`: records in any of their wrappings to JSON lines. The expected lines are written from the records by hand.
import { readFileSync } from 'node:fs';
import { type CodecExample, codecs } from '@shardfold/changes';
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

interface Format {
  readonly name: string;
  readonly recognises: string;
  readonly examples: readonly CodecExample[];
}

const listed = await cli(['formats', '--json']);
const everyExample = (JSON.parse(listed.out) as Format[]).flatMap(({ name, recognises, examples }) =>
  examples.map((example) => [`${name}: ${example.title}`, { name, recognises, ...example }] as const),
);

test('every format is listed, with examples', () => {
  const formats = JSON.parse(listed.out) as Format[];
  expect(formats.map(({ name }) => name).sort()).toEqual(codecs.map(({ name }) => name).sort());
  for (const { recognises, examples } of formats) expect([recognises, examples.length > 0]).toEqual([expect.any(String), true]);
});

test.each(everyExample)('%s: decodes as it is listed, as a line and in a GetRecords answer', async (_, { name, text, sequence, partitionKey = '', stream }) => {
  const flags = ['--format', name, ...(stream === undefined ? [] : ['--stream', stream])];
  const alone = await decode(text, ...flags);
  const wrapped = await decode(JSON.stringify({ Records: [{ Data: base64(text), SequenceNumber: sequence, PartitionKey: partitionKey }] }), ...flags);
  const withoutVersions = (out: string) => parsed(out).map((line) => ({ ...(line as object), version: undefined }));
  expect([alone.code, wrapped.code, alone.err, wrapped.err]).toEqual([0, 0, '', '']);
  expect(withoutVersions(wrapped.out).length).toBeGreaterThan(0);
  // Where the key is the partition key, a line alone has none.
  if (partitionKey === '') expect(withoutVersions(alone.out)).toEqual(withoutVersions(wrapped.out));
});

const captures = process.env.SHARDFOLD_TEST_CAPTURES;
describe.skipIf(captures === undefined)('records captured from running pipelines (SHARDFOLD_TEST_CAPTURES names their folder)', () => {
  test.each([
    ['dms', 'dms-postgresql-kinesis.ndjson', { snapshot: 82, ignored: 55 }],
    ['mysql-rows', 'mysql-binlog-firehose.txt', { insert: 54, modify: 2, remove: 1 }],
  ])('%s: each line of %s is what it is, named or told by its looks', async (format, file, expected) => {
    const text = readFileSync(`${captures}/${file}`, 'utf8');
    const named = await decode(text, '--format', format);
    const kinds = parsed(named.out).map((line) => (line as { kind: string }).kind);
    const counts = Object.fromEntries(Object.keys(expected).map((kind) => [kind, kinds.filter((each) => each === kind).length]));
    expect([named.code, named.err, counts, kinds.length]).toEqual([0, '', expected, Object.values(expected).reduce((sum, count) => sum + count, 0)]);
    expect(await decode(text)).toMatchObject({ code: 0, out: named.out });
  });
});

test('a value that is printed over several lines is one record; what is never closed is none', async () => {
  const pretty = JSON.stringify(JSON.parse(first), null, 2);
  const { code, out } = await decode(`${first}\n${pretty}\n${pretty.replaceAll('\n', '\r\n')}\n${first}\n`);
  expect([code, parsed(out).map((line) => (line as { kind: string }).kind)]).toEqual([0, ['insert', 'insert', 'insert', 'insert']]);
  const open = await decode(`{\n${first}\n`);
  expect([open.code, parsed(open.out)]).toMatchObject([3, [{ kind: 'undecodable' }, { kind: 'insert' }]]);
});

test('a record of DynamoDB Streams in a Lambda event has its table from the ARN beside it', async () => {
  const example = codecs.find(({ name }) => name === 'dynamodb-streams')?.examples.find(({ text }) => !text.includes('eventSourceARN'));
  const record = {
    ...JSON.parse(example?.text ?? '{}'),
    eventSource: 'aws:dynamodb',
    eventSourceARN: 'arn:aws:dynamodb:eu-west-1:123456789012:table/tracks/stream/2026-11-01T00:00:00.000',
  };
  const { code, out } = await decode(JSON.stringify({ Records: [record] }));
  expect([code, parsed(out)]).toMatchObject([0, [{ source: { table: 'tracks' } }]]);
});

test('base64 of megabytes is looked at once', async () => {
  const padded = first.padEnd(6_000_000, ' ');
  expect((await decode(base64(padded))).code).toBe(0);
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
