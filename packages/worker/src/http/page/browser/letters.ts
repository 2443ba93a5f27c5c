// The dead letters: how many, and a look at the newest. It shows what the worker gave, as text.
import { byId, fill, make, put, show } from './dom.ts';
import { count, keptText, span } from './format.ts';
import type { LetterView, StatusView } from './wire.ts';

function factsOf(letter: LetterView, nowMs: number): readonly (readonly [name: string, value: string])[] {
  return [
    ['When', `${span(nowMs - letter.failedAtMs)} ago, ${new Date(letter.failedAtMs).toISOString()}`],
    ['Why', `${letter.code}: ${letter.message}`],
    [
      'Where',
      `while it was to ${letter.stage}${letter.sink === null ? '' : `, sink ${letter.sink}`}${letter.target === null ? '' : `, table ${letter.target}`}`,
    ],
    ['From', `${letter.stream}, ${letter.shard}, ${letter.sequence}`],
    ['Key', letter.key ?? 'none'],
    ['Letter', letter.id],
  ];
}

function makeLetter(): HTMLElement {
  const item = make('li', 'card');
  const [facts, opened] = [make('dl'), make('details')];
  opened.append(make('summary', '', 'Beginning of the record'), make('pre'));
  item.append(facts, opened);
  return item;
}

function showLetter(item: HTMLElement, letter: LetterView, nowMs: number): void {
  const [facts, opened] = item.children;
  const text = opened?.lastElementChild;
  if (facts === undefined || !text) return;
  fill(
    facts,
    factsOf(letter, nowMs),
    () => {
      const pair = make('div');
      pair.append(make('dt'), make('dd'));
      return pair;
    },
    (pair, [name, value]) => {
      if (pair.firstElementChild !== null) put(pair.firstElementChild, name);
      if (pair.lastElementChild !== null) put(pair.lastElementChild, value);
    },
  );
  put(text, letter.beginning);
}

export function createLetters(): (status: StatusView) => void {
  const [list, words] = [byId('letters'), byId('letters-words')];
  return ({ deadLetters: { sinceStart, lastFiveMinutes, keptByAllApplications: kept, keptMore, recent }, nowMs }) => {
    const there = kept === null ? 'What is kept was not counted. ' : `${keptText(kept, keptMore)} kept there, by all applications. `;
    put(
      words,
      sinceStart === 0 && kept === 0
        ? 'None: every record was applied.'
        : `${there}This worker wrote ${count(sinceStart)} since its start, ${count(lastFiveMinutes)} of them in the last five minutes.`,
    );
    show(list, recent.length > 0);
    fill(list, recent, makeLetter, (item, letter) => showLetter(item, letter, nowMs));
  };
}
