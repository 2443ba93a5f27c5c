// What a terminal is given: tables that fit, a line of progress, and questions.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CliError, takesColour, writesOver } from '../../../src/cli/io.ts';
import { createProgress, progressLine } from '../../../src/cli/progress.ts';
import { confirmed, requireAnswer } from '../../../src/cli/prompt.ts';
import { ageText, aligned, lastOf, shortened } from '../../../src/cli/table.ts';

const never = new AbortController().signal;

test('columns are as wide as their widest cell, and lines have no blanks at their end', () => {
  expect(
    aligned([
      ['A', 'BB', 'C'],
      ['aaa', '', ''],
      ['', 'b', 'c'],
    ]),
  ).toEqual(['A    BB  C', 'aaa', '     b   c']);
});

test('what is shortened has just that width, and keeps its ends', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.integer({ min: 3, max: 40 }), (text, width) => {
      for (const short of [shortened(text, width), lastOf(text, width)]) {
        expect(short.length).toBe(Math.min(width, text.length));
        if (text.length > width) expect(short.at(-1)).toBe(text.at(-1));
      }
    }),
  );
  expect([shortened('worker-abcdef-1234', 9), lastOf('1234567890', 4)]).toEqual(['work…1234', '…890']);
});

test.each([
  [-5_000, '0s'],
  [0, '0s'],
  [1_999, '1s'],
  [119_999, '119s'],
  [120_000, '2m'],
  [7_199_999, '119m'],
  [7_200_000, '2h'],
  [172_800_000, '2d'],
  [86_400_000 * 400, '400d'],
])('%i ms are %s', (ms, text) => {
  expect(ageText(ms)).toBe(text);
});

test.each<readonly [Readonly<Record<string, string>>, boolean, boolean, boolean]>([
  [{}, true, true, true],
  [{ TERM: 'xterm', NO_COLOR: '' }, true, true, true],
  [{ NO_COLOR: '1' }, true, false, true],
  [{ TERM: 'dumb' }, true, false, false],
  [{}, false, false, false],
])('with %j and a terminal (%s) there are colours: %s, and lines that are written over: %s', (env, errIsTerminal, colours, over) => {
  expect([takesColour({ env, errIsTerminal }), writesOver({ env, errIsTerminal })]).toEqual([colours, over]);
  const said: string[] = [];
  createProgress({ env, errIsTerminal, err: (text) => void said.push(text) }, 'Going').at(0, 2);
  expect(said.length).toBe(over ? 1 : 0);
});

describe('progress', () => {
  test('is a line that is shorter than a terminal is wide', () => {
    expect(progressLine('Moving positions', 10, 40)).toBe('Moving positions  [######------------------]  25 %  10/40');
    expect(progressLine('x'.repeat(99), 1, 1).length).toBeLessThan(80);
    expect(progressLine('Moving', 0, 0)).toContain('100 %  0/0');
  });

  test.each([
    [true, ['\r\u001b[KGoing  [------------------------]  0 %  0/2', '\r\u001b[KGoing  [############------------]  50 %  1/2', '\r\u001b[K']],
    [false, []],
  ])('is written over on a terminal, and nowhere else (%s)', (errIsTerminal, expected) => {
    const said: string[] = [];
    const progress = createProgress({ env: {}, errIsTerminal, err: (text) => void said.push(text) }, 'Going');
    progress.at(0, 2);
    progress.at(0, 2);
    progress.at(1, 2);
    progress.end();
    progress.end();
    expect(said).toEqual(expected);
  });
});

describe('a question', () => {
  const asking = (answer: string) => ({ canAsk: true, ask: async () => answer });

  test.each([
    ['y', true],
    ['Yes ', true],
    ['', false],
    ['n', false],
    ['yellow', false],
  ])('%j is %s', async (answer, expected) => {
    expect(await confirmed(asking(answer), {}, 'Go?', never)).toBe(expected);
  });

  test('is not asked with --yes, and refused where nobody can answer', async () => {
    const broken = { canAsk: false, ask: () => Promise.reject(new Error('asked')) };
    expect(await confirmed(broken, { yes: true }, 'Go?', never)).toBe(true);
    requireAnswer(broken, { yes: true }, 'It');
    requireAnswer(asking(''), {}, 'It');
    expect(() => requireAnswer(broken, {}, 'It')).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  test('that is interrupted ends with 130', async () => {
    const stopped = AbortSignal.abort(new Error('stop'));
    const asked = confirmed({ canAsk: true, ask: () => Promise.reject(stopped.reason) }, {}, 'Go?', stopped);
    await expect(asked).rejects.toThrow(new CliError(130, 'Interrupted. Nothing was changed.'));
  });
});
