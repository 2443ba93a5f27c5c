// The table of shards: a page of rows at a time, each cell written only when its text changes, so that a thousand shards cost what
// fifty do. Sorting and filtering are in `rows.ts`.
import { byId, fill, make, mark, put } from './dom.ts';
import { count, short, span } from './format.ts';
import type { Owner } from './owners.ts';
import { type Filter, filters, type SortKey, shownRows, sortKeys, stateWords, type Wish } from './rows.ts';
import type { ShardView } from './wire.ts';

interface Column {
  readonly title: string;
  readonly sort?: SortKey;
  readonly isNumber?: boolean;
  text(shard: ShardView): string;
  /** In full, where the text is shortened. */
  whole?(shard: ShardView): string;
  look?(shard: ShardView, colours: ReadonlyMap<string, number>): string;
}

function stateLook({ state, trouble, isLate }: ShardView): string {
  if (state === 'unowned') return 'bad';
  if (trouble !== null) return 'warn';
  return isLate ? 'warn' : '';
}

/** The colour that the worker has in the picture. */
function ownerLook({ owner, held }: ShardView, colours: ReadonlyMap<string, number>): string {
  const colour = colours.get(owner ?? '');
  return `${colour === undefined ? '' : `w${colour}`}${held ? ' mine' : ''}`;
}

function rateText({ held, recordsPerSecond, bytesPerSecond }: ShardView): string {
  if (held) return `${count(recordsPerSecond)} records`;
  return bytesPerSecond === null ? '–' : `${count(bytesPerSecond / 1_024)} KiB`;
}

const columns: readonly Column[] = [
  { title: 'Shard', sort: 'shard', text: ({ shard }) => short(shard, 26), whole: ({ shard, stream }) => `${shard} of ${stream}` },
  { title: 'Worker', sort: 'owner', text: ({ owner }) => short(owner ?? '–', 24), whole: ({ owner }) => owner ?? '', look: ownerLook },
  { title: 'State', sort: 'state', text: stateWords, look: stateLook },
  { title: 'Lag', sort: 'lag', isNumber: true, text: ({ lagMs }) => span(lagMs), look: ({ isLate }) => (isLate ? 'warn' : '') },
  { title: 'Age', sort: 'age', isNumber: true, text: ({ ageMs }) => span(ageMs) },
  { title: 'Position', text: ({ position }) => short(position, 14), whole: ({ position }) => position },
  {
    title: 'In flight',
    sort: 'flight',
    isNumber: true,
    text: ({ held, inFlightRecords, processingMs }) =>
      held ? `${count(inFlightRecords)}${processingMs === null || processingMs < 1_000 ? '' : ` for ${span(processingMs)}`}` : '–',
  },
  { title: 'Per second', sort: 'rate', isNumber: true, text: rateText },
  {
    title: 'What is wrong',
    text: ({ trouble, lastError }) => trouble?.error ?? lastError ?? '',
    look: ({ trouble, lastError }) => ((trouble ?? lastError) ? 'bad' : ''),
  },
];

/** Those start with the largest. */
const largestFirst: readonly SortKey[] = ['lag', 'age', 'flight', 'rate'];

function createHead(row: Element, onSort: (sort: SortKey) => void): (wish: Wish) => void {
  const heads = columns.map(({ title, sort, isNumber }) => {
    const head = make('th', isNumber === true ? 'number' : '');
    head.scope = 'col';
    if (sort === undefined) head.textContent = title;
    else {
      const button = make('button', '', title);
      button.type = 'button';
      button.addEventListener('click', () => onSort(sort));
      head.append(button);
    }
    return { head, sort };
  });
  row.replaceChildren(...heads.map(({ head }) => head));
  return (wish) => {
    for (const { head, sort } of heads) {
      if (sort !== undefined) mark(head, 'aria-sort', sort === wish.sort ? (wish.descending ? 'descending' : 'ascending') : 'none');
    }
  };
}

function makeRow(): HTMLTableRowElement {
  const row = make('tr');
  row.append(...columns.map((_column, index) => (index === 0 ? Object.assign(make('th'), { scope: 'row' }) : make('td'))));
  return row;
}

function showRow(row: HTMLTableRowElement, shard: ShardView, colours: ReadonlyMap<string, number>): void {
  columns.forEach((column, index) => {
    const cell = row.children[index];
    if (cell === undefined) return;
    put(cell, column.text(shard));
    mark(cell, 'class', [column.isNumber === true ? 'number' : '', column.look?.(shard, colours) ?? ''].filter((name) => name !== '').join(' '));
    if (column.whole !== undefined) mark(cell, 'title', column.whole(shard));
  });
}

function isFilter(text: string): text is Filter {
  return (filters as readonly string[]).includes(text);
}

export function createTable(): (shards: readonly ShardView[], owners: readonly Owner[]) => void {
  const [body, search, choice, where] = [byId('rows'), byId('search'), byId('filter'), byId('where')];
  const [earlier, later] = [byId('earlier'), byId('later')];
  let all: readonly ShardView[] = [];
  let colours: ReadonlyMap<string, number> = new Map();
  let wish: Wish = { sort: sortKeys[0], descending: false, filter: filters[0], text: '', page: 0 };

  function showAll(): void {
    const shown = shownRows(all, wish);
    fill(body, shown.rows, makeRow, (row, shard) => showRow(row, shard, colours));
    showSort(wish);
    put(
      where,
      shown.matching === 0
        ? all.length === 0
          ? 'No shard is known yet.'
          : 'No shard is like that.'
        : `${(shown.first + 1).toLocaleString('en')} to ${(shown.first + shown.rows.length).toLocaleString('en')} of ${shown.matching.toLocaleString('en')}`,
    );
    // Not `disabled`: whoever is there with the keyboard would lose the place.
    mark(earlier, 'aria-disabled', String(shown.page === 0));
    mark(later, 'aria-disabled', String(shown.page + 1 >= shown.pages));
    wish = { ...wish, page: shown.page };
  }

  function change(next: Partial<Wish>): void {
    wish = { ...wish, page: 0, ...next };
    showAll();
  }

  const showSort = createHead(byId('columns'), (sort) => change({ sort, descending: sort === wish.sort ? !wish.descending : largestFirst.includes(sort) }));
  search.addEventListener('input', () => {
    if (search instanceof HTMLInputElement) change({ text: search.value });
  });
  choice.addEventListener('change', () => {
    if (choice instanceof HTMLSelectElement && isFilter(choice.value)) change({ filter: choice.value });
  });
  earlier.addEventListener('click', () => change({ page: wish.page - 1 }));
  later.addEventListener('click', () => change({ page: wish.page + 1 }));
  return (shards, owners) => {
    all = shards;
    colours = new Map(owners.map(({ name, colour }) => [name, colour]));
    showAll();
  };
}
