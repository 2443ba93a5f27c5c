// The headline, and what is wrong with whose part: what a person on call reads first. The worker has judged; this shows it.
import { fill, make, mark, put, show } from './dom.ts';
import type { Blame, Level, Problem, Verdict } from './wire.ts';

const blames: Readonly<Record<Blame, string>> = { source: 'Source', leases: 'Lease table', worker: 'Worker', sink: 'Sink', data: 'Data' };
const levels: Readonly<Record<Level, string>> = { good: 'Good', warn: 'Look', bad: 'Wrong' };
const signs: Readonly<Record<Level, string>> = { good: '✓', warn: '!', bad: '✕' };

/** A lamp that is more than a colour. */
export function showLamp(lamp: Element, level: Level): void {
  mark(lamp, 'class', `lamp ${level}`);
  mark(lamp, 'aria-label', levels[level]);
  put(lamp, signs[level]);
}

export function makeLamp(): HTMLElement {
  const lamp = make('span', 'lamp');
  lamp.setAttribute('role', 'img');
  return lamp;
}

function makeProblem(): HTMLLIElement {
  const item = make('li');
  item.append(make('span', 'blame'), make('span', 'what'), make('span', 'advice'));
  return item;
}

function showProblem(item: HTMLLIElement, { blame, level, text, advice }: Problem): void {
  const [badge, what, hint] = item.children;
  if (badge === undefined || what === undefined || hint === undefined) return;
  mark(badge, 'class', `blame ${level}`);
  put(badge, blames[blame]);
  put(what, text);
  put(hint, advice);
}

export function createVerdict(place: HTMLElement): (verdict: Verdict) => void {
  const [lamp, title, list] = [makeLamp(), make('h2'), make('ul')];
  const head = make('div', 'head');
  head.append(lamp, title);
  place.replaceChildren(head, list);
  return ({ level, title: text, problems }) => {
    mark(place, 'class', `verdict ${level}`);
    showLamp(lamp, level);
    put(title, text);
    show(list, problems.length > 0);
    fill(list, problems, makeProblem, showProblem);
  };
}
