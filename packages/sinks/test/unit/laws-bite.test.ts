// The conformance suite is worth something only if it finds what is wrong: each of many false sinks is caught by the laws
// that are named here, and each law catches at least one.
import { AssertionError } from 'node:assert/strict';
import { describe, expect, test } from 'vitest';
import { sinkConformance, sqlTraits } from '../../src/testing/index.ts';
import { SinkError } from '../../src/types.ts';
import { falseFolds } from '../support/false-folds.ts';
import { letterLies } from '../support/letter-lies.ts';
import { columnLies, type Liar, rowLies, tableLies } from '../support/lies.ts';
import { pretendServer } from '../support/pretend-server.ts';

const lies: Readonly<Record<string, Liar>> = {
  ...Object.fromEntries(Object.entries(falseFolds).map(([name, fold]) => [name, () => ({ fold })])),
  ...rowLies,
  ...columnLies,
  ...tableLies,
  ...letterLies,
};

/** By lie, how the names of the laws begin that must find it. */
const finders: Readonly<Record<string, readonly string[]>> = {
  'a replayed put is applied': ['a deleted row stays deleted', 'rows without a key', 'a table opened twice', 'a write broken off', 'patches, puts and deletes'],
  'an older put is applied': ['every order of', 'two writers at once', 'versions compare', 'a soft delete marks'],
  'a put outranks a delete of its version': ['every order of puts', 'every order of a history ends', 'a delete takes the patches', 'a deleted row stays'],
  'a put does not see the tombstone': ['every order of puts', 'two writers at once', 'a deleted row stays', 'a sweep takes a row'],
  'a patch does not see the tombstone': ['every order of a history ends', 'a delete takes the patches'],
  'the floor is not looked at': ['a truncation takes', 'a truncation of a table without', 'every order of a history with a truncation'],
  'a truncation leaves the rows': ['a truncation takes', 'a truncation of a table without', 'every order of a history with a truncation'],
  'a truncation takes patches that are newer': ['every order of a history with a truncation', 'a delete takes the patches'],
  'a delete takes patches that are newer': ['every order of a history ends', 'a delete takes the patches'],
  'a delete leaves no tombstone': ['every order of puts', 'two writers at once', 'four writers at once', 'a deleted row stays', 'patches of softly'],
  'a delete takes a newer row': ['every order of puts', 'a deleted row stays'],
  'a delete does not reach a row of its version': ['every order of puts', 'a deleted row stays'],
  'an older patch is applied': ['every order of a history ends', 'patches before, between'],
  'a patch overwrites a newer row': ['every order of a history ends', 'patches before, between'],
  'a patch raises the version of the row': ['every order of a history ends', 'patches before, between'],
  'a put does not clear older patches': ['every order of a history ends', 'patches before, between'],
  'a put clears newer patches': ['every order of a history ends', 'patches before, between'],
  'a put does not reach a row that has patches': ['every order of a history ends', 'patches, puts and deletes'],
  'a soft delete empties the row': ['every order of puts', 'a soft delete marks'],
  'a soft table refuses a put below the tombstone': ['every order of puts', 'a soft delete marks'],
  'a soft table refuses patches below the tombstone': ['every order of a history ends', 'patches of softly'],
  'a soft put takes the mark away': ['every order of puts', 'a soft delete marks'],
  'a soft patch takes the mark away': ['every order of a history ends', 'patches of softly'],
  'digits are compared as text': ['versions compare'],
  'times below zero are zero': ['versions compare', 'patches before'],
  'numbers are rounded': ['numbers keep all', 'patched rows keep'],
  'numbers in keys are rounded': ['numbers keep all'],
  'keys ignore case': ['keys of any text'],
  'keys ignore spaces at the end': ['keys of any text'],
  'keys are normalised': ['keys of any text'],
  'keys are cut': ['keys of any text'],
  'binary keys end at NUL': ['keys of any text'],
  'names of the prototype are lost': ['attributes of any name'],
  'names ignore case': ['attributes of any name', 'names that only'],
  'names are cut at 63': ['attributes of any name', 'names that only'],
  'empty texts are null': ['values at the edges', 'attributes appear'],
  'nulls are lost': ['values at the edges'],
  'long texts are cut': ['values at the edges', 'more rows and more bytes', 'attributes appear'],
  'nothing is dropped': ['attributes are dropped', 'patched rows keep'],
  'nothing is renamed': ['attributes are dropped', 'patched rows keep'],
  'a bad row takes its group along': ['rows that cannot be stored', 'patches that cannot be stored'],
  'bad rows are numbered among themselves': ['rows that cannot be stored', 'a patch to a table without room'],
  'bad rows have no message': ['rows that cannot be stored', 'patches that cannot be stored'],
  'what is superseded counts as applied': ['a deleted row stays', 'numbers keep all', 'a table opened twice'],
  'rows beyond 5,000 of a group are lost': ['more rows and more bytes'],
  'appended rows are appended again': ['rows without a key'],
  'patched rows lose digits': ['patched rows keep'],
  'patches are always taken': ['a patch to a table without room'],
  'two writes at once forget the guard': ['two writers at once', 'four writers at once'],
  'two writes at once are a deadlock': ['two writers at once', 'four writers at once', 'two sinks that add'],
  'an absent attribute is left standing': ['attributes appear', 'a whole row written by', 'a row of more attributes'],
  'columns that a writer has not met are left standing': ['a whole row written by', 'two sinks that add', 'patches and whole rows by'],
  'values of another type are lost': ['attributes appear', 'patches add columns'],
  'attributes with a bookkeeping name are lost': ['attributes of any name have', 'patches add columns'],
  'attributes beyond 1,600 are lost': ['a row of more attributes'],
  'digits of columns are lost': ['attributes appear', 'a whole row written by'],
  'columns ignore case': ['attributes of any name have', 'names that only'],
  'long names are cut and numbered by each writer for itself': ['attributes of any name have', 'names that only'],
  'null patches leave the old value': ['patches before, between', 'patches add columns'],
  'tombstones are forgotten at once': ['sweeping forgets'],
  'tombstones are never forgotten': ['sweeping forgets', 'a sweep does not forget'],
  'no more than 100 tombstones are seen': ['among many tombstones'],
  'a sweep takes marks away': ['a sweep does not forget', 'four writers at once'],
  'a sweep heals nothing': ['a sweep takes a row'],
  'a sweep heals too much': ['a sweep takes a row'],
  'a floor concerns all tables': ['a truncation takes what'],
  'a truncation reaches 1,000 rows': ['a truncation reaches every'],
  'a truncation passes by tables without a key': ['a truncation of a table without'],
  'a signal is not listened to': ['a write broken off'],
  'half a group lands again': ['a write broken off'],
  'a table is described as often as it was opened': ['a table opened twice'],
  'the server has no name': ['a table opened twice'],
  'missing tables are made all the same': ['tables that may not be created'],
  'the statements of a refusal make no table': ['tables that may not be created'],
  'a refusal is a plain error': ['tables that may not be created'],
  'a letter put again replaces the first': ['a dead letter is kept once'],
  'bytes are kept as UTF-8': ['a dead letter is kept once', 'no dead letter is refused'],
  'what is absent comes back empty': ['a dead letter is kept once'],
  'partition keys are lost': ['a dead letter keeps the partition key'],
  'partition keys are made storable': ['no dead letter comes back with another partition key'],
  'partition keys lose NUL': ['no dead letter comes back with another partition key'],
  'no partition key is an empty one': ['a dead letter is kept once', 'a dead letter keeps the partition key'],
  'times lose their milliseconds': ['a dead letter is kept once'],
  'NUL is cut out': ['no dead letter is refused'],
  'long messages are cut': ['no dead letter is refused'],
  'letters beyond 1,000 of one put are lost': ['many dead letters'],
  'pages follow a locale': ['many dead letters'],
  'a page begins with the letter it shall follow': ['a dead letter is kept once'],
  'a page after a letter that is gone begins anew': ['many dead letters'],
  'pages know no limit': ['many dead letters'],
  'a discard counts what it was given': ['a discarded dead letter'],
  'a discard takes nothing': ['a discarded dead letter'],
  'everything is found': ['a dead letter is kept once', 'a discarded dead letter'],
};

function lawsOver(liar: Liar): ReturnType<typeof sinkConformance> {
  return sinkConformance(async () => pretendServer(liar()), sqlTraits, { groups: 40 });
}

describe('a sound server', () => {
  for (const { name, run } of lawsOver(() => ({}))) test(name, run);
});

describe('found out', () => {
  test.for(Object.entries(lies))('%s', async ([name, liar]) => {
    const beginnings = finders[name] ?? [];
    expect(beginnings.length).toBeGreaterThan(0);
    const unseen: string[] = [];
    for (const beginning of beginnings) {
      const laws = lawsOver(liar).filter((law) => law.name.startsWith(beginning));
      expect(laws, `no law is called ${beginning}…`).not.toEqual([]);
      for (const law of laws) {
        const error: unknown = await law.run().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error === undefined) unseen.push(law.name);
        // Anything else would be a fault of the lie.
        else expect([AssertionError, SinkError].some((kind) => error instanceof kind)).toBe(true);
      }
    }
    expect(unseen).toEqual([]);
  });

  test('every law finds something', () => {
    expect(Object.keys(finders).sort()).toEqual(Object.keys(lies).sort());
    const beginnings = Object.values(finders).flat();
    const idle = lawsOver(() => ({})).filter(({ name }) => !beginnings.some((beginning) => name.startsWith(beginning)));
    expect(idle.map(({ name }) => name)).toEqual([]);
  });
});
