// The last minutes as two charts, lag and throughput. uPlot draws; the page brought it along.
import type UPlot from 'uplot';
import { fill, make, mark, put } from './dom.ts';
import { count, span } from './format.ts';
import type { HistoryView } from './wire.ts';

/** What uPlot's script leaves behind. */
declare const uPlot: typeof UPlot;

interface Line {
  readonly label: string;
  /** Of the style sheet. */
  readonly colour: string;
  values(history: HistoryView): readonly (number | null)[];
}

interface Chart {
  readonly title: string;
  readonly lines: readonly Line[];
  /** The scale reaches at least so far. */
  readonly least: number;
  /** Between two lines of the scale; undefined: any round number. */
  readonly steps?: readonly number[];
  text(value: number | null): string;
}

const windowS = 600;
/** A worker that has just started fills no more than this. */
const windowLeastS = 60;
/** So few samples make no line that can be seen. */
const pointsUpTo = 10;
const heightPx = 170;
const axisPx = 64;
const timesPx = 32;
/** Keeps the lowest value and the first time apart. */
const timesGapPx = 11;
/** Between two times on the axis, in seconds. */
const stepsS = [10, 30, 60, 120, 300];

const lag: Chart = {
  title: 'Lag',
  least: 3,
  steps: [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 172_800, 604_800],
  text: (value) => span(value === null ? null : value * 1_000),
  lines: [
    { label: 'this worker', colour: '--line-1', values: ({ lagMs }) => lagMs.map((ms) => (ms === null ? null : ms / 1_000)) },
    { label: 'other workers, as saved', colour: '--line-2', values: ({ elsewhereLagMs }) => elsewhereLagMs.map((ms) => (ms === null ? null : ms / 1_000)) },
  ],
};

const throughput: Chart = {
  title: 'Throughput of this worker',
  least: 1,
  text: (value) => (value === null ? '–' : `${count(value)}/s`),
  lines: [
    { label: 'records read', colour: '--line-1', values: ({ recordsPerSecond }) => recordsPerSecond },
    { label: 'rows written', colour: '--line-3', values: ({ rowsPerSecond }) => rowsPerSecond },
  ],
};

/** As the clock on the wall of whoever looks. */
function timeOfDay(atS: number): string {
  return new Date(atS * 1_000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', ...(atS % 60 === 0 ? {} : { second: '2-digit' }) });
}

function optionsOf(chart: Chart, widthPx: number, onPoint: (index: number | null | undefined) => void): UPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour('--soft'), grid: { stroke: colour('--edge'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  return {
    width: widthPx,
    height: heightPx,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    padding: [8, 22, 0, 0],
    scales: {
      x: { range: (_plot, from, to) => [Math.max(to - windowS, Math.min(from, to - windowLeastS)), to] },
      y: { range: (_plot, _from, to) => [0, Math.max(chart.least, to * 1.1)] },
    },
    axes: [
      { ...axis, size: timesPx, gap: timesGapPx, space: 80, incrs: stepsS, values: (_plot, splits) => splits.map(timeOfDay) },
      {
        ...axis,
        size: axisPx,
        space: 36,
        ...(chart.steps === undefined ? {} : { incrs: [...chart.steps] }),
        values: (_plot, splits) => splits.map((value) => chart.text(value)),
      },
    ],
    series: [
      {},
      ...chart.lines.map((line, index) => ({
        label: line.label,
        stroke: colour(line.colour),
        width: 2,
        points: { show: (plot: UPlot) => plot.data[0].length < pointsUpTo },
        ...(index === 0 ? { fill: colour('--line-fill') } : {}),
      })),
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx)] },
  };
}

/** The values at the cursor, or the newest. */
function createLegend(place: HTMLElement, chart: Chart): (data: readonly (readonly (number | null)[])[], index: number | null | undefined) => void {
  return (data, index) => {
    fill(
      place,
      chart.lines,
      () => {
        const item = make('li');
        item.append(make('span', 'swatch'), make('span'), make('b'));
        return item;
      },
      (item, line, at) => {
        const [swatch, label, value] = item.children;
        if (swatch === undefined || label === undefined || value === undefined) return;
        mark(swatch, 'class', `swatch ${line.colour.slice(2)}`);
        put(label, line.label);
        const values = data[at + 1] ?? [];
        put(value, chart.text(values[index ?? values.length - 1] ?? null));
      },
    );
  };
}

function createChart(figure: HTMLElement, chart: Chart): { show(history: HistoryView): void; redraw(): void } {
  const [caption, legend, canvas] = [make('figcaption', '', chart.title), make('ul', 'legend'), make('div', 'plot')];
  canvas.setAttribute('role', 'img');
  figure.replaceChildren(caption, legend, canvas);
  const showLegend = createLegend(legend, chart);
  let data: (number | null)[][] = [[], ...chart.lines.map(() => [])];
  let plot: UPlot | undefined;

  function draw(): void {
    plot?.destroy();
    plot = new uPlot(
      optionsOf(chart, canvas.clientWidth, (index) => showLegend(data, index)),
      data as UPlot.AlignedData,
      canvas,
    );
  }

  new ResizeObserver(() => {
    if (plot !== undefined && plot.width !== canvas.clientWidth) plot.setSize({ width: canvas.clientWidth, height: heightPx });
  }).observe(canvas);
  return {
    redraw: draw,
    show(history) {
      data = [history.atMs.map((ms) => ms / 1_000), ...chart.lines.map((line) => [...line.values(history)])];
      if (plot === undefined) draw();
      else plot.setData(data as UPlot.AlignedData);
      showLegend(data, plot?.cursor.idx);
      const words = chart.lines.map((line, index) => {
        const known = (data[index + 1] ?? []).filter((value) => value !== null);
        return `${line.label}: now ${chart.text(known.at(-1) ?? null)}, at most ${chart.text(known.length === 0 ? null : Math.max(...known))}`;
      });
      mark(canvas, 'aria-label', `${chart.title} over the last ten minutes. ${words.join('. ')}.`);
    },
  };
}

export function createCharts(place: HTMLElement): (history: HistoryView) => void {
  const figures = [lag, throughput].map((chart) => {
    const figure = make('figure', 'card');
    place.append(figure);
    return createChart(figure, chart);
  });
  // Canvases do not follow the style sheet by themselves.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    for (const figure of figures) figure.redraw();
  });
  return (history) => {
    for (const figure of figures) figure.show(history);
  };
}
