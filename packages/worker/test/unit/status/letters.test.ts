// The dead letters that are shown.
import { memorySink, plainLetter } from '@shardfold/sinks/testing';
import { expect, test } from 'vitest';
import { createLetterStates } from '../../../src/status/letters.ts';

const never = new AbortController().signal;
const letterOf = (id: string) => ({ ...plainLetter, id });
const clock = { wallMs: () => 0 };

test('the last five that this worker wrote are shown, the newest first', async () => {
  const letters = createLetterStates();
  const sink = memorySink({ clock });
  const store = letters.remembering(sink.deadLetters());
  await store.put(['a', 'b', 'c', 'd'].map(letterOf), never);
  await store.put(['e', 'f'].map(letterOf), never);
  expect(letters.view(0).recent.map(({ id }) => id)).toEqual(['f', 'e', 'd', 'c', 'b']);
  expect(await store.count(never)).toBe(6);
});

test('a letter that could not be kept is not shown', async () => {
  const letters = createLetterStates();
  const down = { ...memorySink({ clock }).deadLetters(), put: () => Promise.reject(new Error('down')) };
  await expect(letters.remembering(down).put([letterOf('a')], never)).rejects.toThrow('down');
  expect(letters.view(0).recent).toEqual([]);
});

test('of a record its beginning is shown, and no password of an address', async () => {
  const letters = createLetterStates();
  const raw = Buffer.from(`{"url":"postgres://ann:hunter2@db/x","much":"${'x'.repeat(5_000)}"}`);
  const letter = { ...letterOf('a'), raw, errorMessage: 'no postgres://ann:hunter2@db/x', key: '"postgres://ann:hunter2@db/x"' };
  await letters.remembering(memorySink({ clock }).deadLetters()).put([letter], never);
  const [shown] = letters.view(0).recent;
  expect(shown?.beginning.startsWith('{"url":"postgres://ann:********@db')).toBe(true);
  expect([shown?.beginning.endsWith('…'), shown !== undefined && shown.beginning.length < 610]).toEqual([true, true]);
  expect(JSON.stringify(shown)).not.toContain('hunter2');
});

test('what was written in the last five minutes counts as new', () => {
  const letters = createLetterStates();
  letters.counted(2, 0);
  letters.counted(1, 240_000);
  expect(letters.view(240_000)).toMatchObject({ sinceStart: 3, lastFiveMinutes: 3 });
  expect(letters.view(400_000)).toMatchObject({ sinceStart: 3, lastFiveMinutes: 1 });
  expect(letters.view(900_000)).toMatchObject({ sinceStart: 3, lastFiveMinutes: 0 });
});

test('what lies in the sinks is added up; one of them is shown until this worker writes one of its own', async () => {
  const letters = createLetterStates();
  expect(letters.view(0).keptByAllApplications).toBeNull();
  letters.found('main', { count: 4, isMore: false }, letterOf('old'));
  letters.found('other', { count: 0, isMore: false }, undefined);
  expect(letters.view(0)).toMatchObject({ keptByAllApplications: 4, keptMore: false, recent: [{ id: 'old' }] });
  await letters.remembering(memorySink({ clock }).deadLetters()).put([letterOf('own')], never);
  expect(letters.view(0).recent.map(({ id }) => id)).toEqual(['own']);
  letters.found('main', { count: 1_000, isMore: true }, undefined);
  expect(letters.view(0)).toMatchObject({ keptByAllApplications: 1_000, keptMore: true });
  letters.found('main', { count: 0, isMore: false }, undefined);
  expect(letters.view(0).keptByAllApplications).toBe(0);
});
