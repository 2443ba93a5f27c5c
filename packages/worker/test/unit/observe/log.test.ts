// What a line has for machines and what for people, and what no text can do to either.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLog, type LevelledLog } from '../../../src/observe/log.ts';
import type { LogLevel } from '../../../src/observe/log-events.ts';

function written(format: 'json' | 'pretty', say: (log: LevelledLog) => void, { level = 'info' as LogLevel, colour = false } = {}): string {
  let text = '';
  say(createLog({ worker: 'w-1', level, format, colour, destination: { write: (line) => (text += line) } }));
  return text;
}

const hostile = [
  'a\n[00:00:00.000] ERROR (failed): forged',
  'a\r\u001b[2Kb',
  '\u001b[31mred\u001b[0m',
  '\u009b31m',
  'a\u2028b\u2029c',
  '\u202eoot\u202c \u2066x\u2069',
  '\u007f\u0000\u0085',
];
/** Whatever ends a line, moves a cursor or turns text round, to a terminal or to who splits a file into lines. */
const harmful = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

test('machines get the event, the worker, the message and the fields', () => {
  const text = written('json', (log) => log.warn('letter-unreadable', 'Careful', { where: 'x' }));
  expect(text.endsWith('}\n')).toBe(true);
  const { time, ...line } = JSON.parse(text) as { readonly time: string };
  expect(line).toEqual({ level: 'warn', worker: 'w-1', event: 'letter-unreadable', where: 'x', msg: 'Careful' });
  expect(new Date(time).toISOString()).toBe(time);
});

test('people get one line for each, with the name before the message', () => {
  const text = written('pretty', (log) => {
    log.info('shard-started', 'Reading shard 1 of s', { stream: 's', shard: '1', from: { kind: 'latest' } });
    log.error('failed', 'Odd.', { stack: 'Error: Odd.\n    at x' });
    log.info('peers-gone', 'Gone');
    log.debug('lease-created', 'unheard', { lease: 'k', from: 'latest' });
  });
  const lines = text.split('\n');
  expect(lines.map((line) => line.replace(/^\[\d\d:\d\d:\d\d\.\d{3}\] /, ''))).toEqual([
    'INFO (shard-started): Reading shard 1 of s {"worker":"w-1","stream":"s","shard":"1","from":{"kind":"latest"}}',
    'ERROR (failed): Odd. {"worker":"w-1","stack":"Error: Odd.\\u000a    at x"}',
    'INFO (peers-gone): Gone {"worker":"w-1"}',
    '',
  ]);
});

test.each(hostile)('%j stays text in either format, wherever it stands', (text) => {
  const say = (log: LevelledLog) => log.info('shard-started', `Reading ${text}`, { stream: text, shard: '1', from: { nested: [text] } });
  for (const format of ['json', 'pretty'] as const) {
    const line = written(format, say);
    expect(line.endsWith('\n')).toBe(true);
    expect(line.slice(0, -1)).not.toMatch(harmful);
  }
  const read = JSON.parse(written('json', say)) as { readonly stream: string; readonly msg: string };
  expect(read.stream, 'machines get the value itself').toBe(text);
  expect(read.msg, 'a message is shown to people also where machines pass it on').not.toMatch(harmful);
});

test.each(['json', 'pretty'] as const)('any text makes one line (%s)', (format) => {
  const lines: string[] = [];
  const log = createLog({ worker: 'w-1', level: 'info', format, destination: { write: (line) => lines.push(line) } });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      log.warn('table-without-key', text, { stream: text, shard: text, table: text });
      const [line = '', ...more] = lines.splice(0);
      expect(more).toEqual([]);
      expect(line.endsWith('\n')).toBe(true);
      expect(line.slice(0, -1)).not.toMatch(harmful);
    }),
  );
});

test('colours are the log’s own', () => {
  const [text = ''] = hostile.slice(2);
  const line = written('pretty', (log) => log.warn('table-without-key', text, { stream: text, shard: text, table: text }), { colour: true });
  // Those around the level, the message and the fields; none is red, which an error is.
  expect(line).toContain('\u001b[33mWARN');
  expect(line).not.toContain('\u001b[31m');
});

test('a change of the level is written whatever the levels are', () => {
  const text = written(
    'json',
    (log) => {
      log.info('peers-gone', 'unheard');
      log.setLevel('warn', 'Changed', { from: 'error', to: 'warn' });
      log.info('peers-gone', 'unheard');
      log.warn('table-without-key', 'heard', { stream: 's', shard: '1', table: 't' });
    },
    { level: 'error' },
  );
  const lines = text.trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { readonly event: string }).event)).toEqual(['log-level-changed', 'table-without-key']);
});

test('a line that the list does not have does not typecheck', () => {
  written('json', (log) => {
    // @ts-expect-error: no such event
    log.info('shard-begun', 'x', {});
    // @ts-expect-error: not at this level
    log.info('failed', 'x');
    // @ts-expect-error: a field is missing
    log.info('shard-started', 'x', { stream: 's', from: 'latest' });
    // @ts-expect-error: all of them are
    log.info('page-served', 'x');
    // @ts-expect-error: no such field
    log.info('page-served', 'x', { url: 'u', adress: 'a' });
  });
});
