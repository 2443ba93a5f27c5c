// Draws the streams' shards across the range of hash keys, coloured by worker. It knows no rule of the layout.
import { byId, fill, make, mark, put, show } from './dom.ts';
import { several, span } from './format.ts';
import type { Owner } from './owners.ts';
import { type Box, type Picture, picturesOf } from './ranges.ts';
import { stateWords } from './rows.ts';
import type { ShardView } from './wire.ts';

const svgNames = 'http://www.w3.org/2000/svg';
const lanePx = 34;
/** With more than these no line is drawn between two. */
const linedMax = 200;
const picturesMax = 20;

function svg<Name extends keyof SVGElementTagNameMap>(name: Name): SVGElementTagNameMap[Name] {
  return document.createElementNS(svgNames, name);
}

function kindOf({ state, owner, trouble, lastError, isLate }: ShardView, colours: ReadonlyMap<string, number>): string {
  if (state === 'done') return 'done';
  if (state === 'unowned') return 'unowned';
  if (owner === null) return 'after';
  const wrong = trouble !== null || lastError !== null ? ' wrong' : '';
  return `o${colours.get(owner) ?? 0}${wrong}${isLate ? ' late' : ''}`;
}

function summary({ stream, boxes }: Picture): string {
  const open = boxes.filter(({ shard }) => shard.state !== 'done');
  const unowned = open.filter(({ shard }) => shard.state === 'unowned').length;
  const late = open.filter(({ shard }) => shard.isLate).length;
  return `Shards of ${stream} across the hash keys: ${several(open.length, 'open shard')}, ${boxes.length - open.length} read to the end, ${unowned} without a worker, ${late} late. The table below has them all.`;
}

function detail(shard: ShardView): string {
  const who = shard.owner === null ? stateWords(shard) : `${shard.owner}, ${stateWords(shard)}`;
  const parents = shard.parents.length === 0 ? '' : `, after ${shard.parents.join(' and ')}`;
  return `${shard.shard}: ${who}${shard.lagMs === null ? '' : `, ${span(shard.lagMs)} behind`}${parents}`;
}

/** A share of the width. */
const percent = (share: number) => `${(share * 100).toFixed(3)}%`;

function place(rect: SVGRectElement, { left, width, top, height, shard }: Box, colours: ReadonlyMap<string, number>): void {
  mark(rect, 'x', percent(left));
  mark(rect, 'width', percent(width));
  mark(rect, 'y', String(top * lanePx));
  mark(rect, 'height', String(height * lanePx));
  mark(rect, 'class', kindOf(shard, colours));
}

interface Drawn {
  readonly figure: HTMLElement;
  show(picture: Picture, colours: ReadonlyMap<string, number>): void;
}

function createPicture(onPoint: (text: string) => void): Drawn {
  const [figure, caption, drawing, ends] = [make('figure', 'card'), make('figcaption'), svg('svg'), make('p', 'ends')];
  const boxes = svg('g');
  let shown: readonly Box[] = [];
  drawing.setAttribute('role', 'img');
  drawing.append(boxes);
  ends.append(make('span', '', 'lowest hash key'), make('span', '', 'highest'));
  figure.append(caption, drawing, ends);
  drawing.addEventListener('pointermove', ({ target }) => {
    const box = target instanceof Element ? shown[[...boxes.children].indexOf(target)] : undefined;
    if (box !== undefined) onPoint(detail(box.shard));
  });
  drawing.addEventListener('pointerleave', () => onPoint(''));
  return {
    figure,
    show(picture, colours) {
      shown = picture.boxes;
      put(caption, picture.left === 0 ? picture.stream : `${picture.stream}: ${several(picture.left, 'shard')} more than can be drawn`);
      mark(drawing, 'height', String(picture.lanes * lanePx));
      mark(drawing, 'class', shown.length > linedMax ? '' : 'lined');
      mark(drawing, 'aria-label', summary(picture));
      fill(
        boxes,
        shown,
        () => svg('rect'),
        (rect, box) => place(rect, box, colours),
      );
    },
  };
}

function showLegend(list: HTMLElement, owners: readonly Owner[], worker: string): void {
  fill(
    list,
    owners,
    () => {
      const item = make('li');
      item.append(make('span', 'swatch'), make('span'));
      return item;
    },
    (item, { name, colour, shards }) => {
      const [swatch, label] = item.children;
      if (swatch === undefined || label === undefined) return;
      mark(swatch, 'class', `swatch o${colour}`);
      put(label, `${name}${name === worker ? ' (this one)' : ''}: ${shards}`);
    },
  );
}

export function createMap(): (shards: readonly ShardView[], owners: readonly Owner[], worker: string) => void {
  const [list, none, legend, pointed] = [byId('pictures'), byId('no-shards'), byId('owners'), byId('pointed')];
  const keys = (['unowned', 'done', 'late'] as const).map((name) => ({ name, item: byId(`key-${name}`) }));
  const drawn: Drawn[] = [];
  return (shards, owners, worker) => {
    const colours = new Map(owners.map(({ name, colour }) => [name, colour]));
    show(none, shards.length === 0);
    showLegend(legend, owners, worker);
    for (const { name, item } of keys)
      show(
        item,
        shards.some((shard) => (name === 'late' ? shard.isLate : shard.state === name)),
      );
    const pictures = picturesOf(shards).slice(0, picturesMax);
    while (drawn.length > pictures.length) drawn.pop()?.figure.remove();
    pictures.forEach((picture, index) => {
      const there = drawn[index] ?? createPicture((text) => put(pointed, text));
      if (drawn[index] === undefined) {
        drawn.push(there);
        list.append(there.figure);
      }
      there.show(picture, colours);
    });
  };
}
