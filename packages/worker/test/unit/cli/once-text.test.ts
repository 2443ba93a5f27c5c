// What is left of an error for whoever ran one command.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { onceParts, onceText } from '../../../src/cli/once-text.ts';

test.each([
  ['PostgreSQL: connect ECONNREFUSED. The write is retried. Check the server.', 'PostgreSQL: connect ECONNREFUSED. Check the server.'],
  ['MongoDB did not answer within 60 ms. It is retried on a new connection. Check the network.', 'MongoDB did not answer within 60 ms. Check the network.'],
  ['MySQL: no. Writing waits until that is mended: correct the url.', 'MySQL: no. Correct the url.'],
  ['MongoDB: no. Writing to it waits until that is mended. Correct the url.', 'MongoDB: no. Correct the url.'],
  ['CrateDB: a table is gone. Writing to it waits until it is opened again: create it again.', 'CrateDB: a table is gone. Create it again.'],
  [
    "The table 'l' did not answer. Leases in hand go on until their own fence, and the request is repeated. Check the endpoint.",
    "The table 'l' did not answer. Check the endpoint.",
  ],
  ['GetRecords is throttled. It is tried again with growing pauses. Ask less.', 'GetRecords is throttled. Ask less.'],
  ['It is retried.', 'It is retried.'],
  ['Tables are missing. Run this:\nCREATE TABLE a;\nIt is retried.', 'Tables are missing. Run this:\nCREATE TABLE a;\nIt is retried.'],
  ['No postgres://ann:hunter2@db/x. It is retried.', 'No postgres://ann:********@db/x.'],
])('%s', (message, left) => {
  expect(onceText(message)).toBe(left);
});

test.each([
  ['PostgreSQL: no. The write is retried. Check the server.', { what: 'PostgreSQL: no.', remedy: 'Check the server.' }],
  ['MySQL: no. The write is retried.', { what: 'MySQL: no.' }],
  ['It does not fit. Nothing is written to it. Make it:\nCREATE TABLE a;', { what: 'It does not fit. Nothing is written to it.', remedy: 'Make it:' }],
])('%s falls into what it is and what to do', (message, parts) => {
  expect(onceParts(message)).toEqual(parts);
});

test('a text without such sentences stays as it is', () => {
  const sentence = fc.constantFrom('Nothing was done.', 'Check the network.', 'the write failed (57P01).', 'Is it there?');
  fc.assert(fc.property(fc.array(sentence), (sentences) => onceText(sentences.join(' ')) === sentences.join(' ')));
});
