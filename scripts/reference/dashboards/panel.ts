// What a dashboard is made of, in Grafana's JSON: panels in rows, variables, links. It knows the labels that every fleet has and no
// metric.

const runbook = 'https://github.com/shardfold/shardfold/blob/main/docs/guide/operations.md';
const datasource = { type: 'prometheus', uid: '$datasource' } as const;
const gridColumns = 24;

/** Labels of the variables, for the inside of a selector's braces. */
export const fleet = 'namespace=~"$namespace", app=~"$app"';
export const ofStream = `${fleet}, stream=~"$stream"`;
export const ofShard = `${ofStream}, shard=~"$shard"`;

/** How much a counter grew lately; a series that begins with 1 grew by that. */
export function grown(counter: string): string {
  return `(${counter} unless ${counter} offset $__rate_interval) or increase(${counter}[$__rate_interval])`;
}

export type Unit = 'short' | 's' | 'bytes' | 'Bps' | 'reqps' | 'percentunit' | 'dateTimeFromNow' | 'cores';

export interface Query {
  readonly expr: string;
  /** Grafana's `{{label}}` text. */
  readonly legend: string;
  /** One moment instead of a range; in a stat it always is. */
  readonly instant?: boolean;
}

export interface Panel {
  readonly title: string;
  readonly kind: 'timeseries' | 'stat' | 'heatmap' | 'table' | 'state-timeline';
  /** What it shows and what to do. */
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** From this value on it is bad; the threshold of the alert that has the same question. */
  readonly badFrom?: number;
  /** Below this value it is bad. */
  readonly badBelow?: number;
  /** The alert whose paragraph in the runbook the panel leads to. */
  readonly alert?: string;
  /** Of 24 columns. */
  readonly width: number;
  readonly stacked?: boolean;
}

export interface Row {
  readonly question: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Part of the address, for good: links and bookmarks have it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly ('stream' | 'shard')[];
  readonly rows: readonly Row[];
}

function thresholds({ badFrom, badBelow }: Panel) {
  if (badFrom !== undefined)
    return {
      mode: 'absolute',
      steps: [
        { color: 'green', value: null },
        { color: 'red', value: badFrom },
      ],
    };
  if (badBelow !== undefined)
    return {
      mode: 'absolute',
      steps: [
        { color: 'red', value: null },
        { color: 'green', value: badBelow },
      ],
    };
  return { mode: 'absolute', steps: [{ color: 'green', value: null }] };
}

function customOf(panel: Panel): object {
  if (panel.kind === 'state-timeline') return { fillOpacity: 70, lineWidth: 0 };
  if (panel.kind !== 'timeseries') return {};
  const limited = panel.badFrom !== undefined || panel.badBelow !== undefined;
  return {
    drawStyle: 'line',
    fillOpacity: panel.stacked === true ? 40 : 8,
    lineWidth: 1,
    showPoints: 'never',
    stacking: { mode: panel.stacked === true ? 'normal' : 'none', group: 'A' },
    thresholdsStyle: { mode: limited ? 'line' : 'off' },
  };
}

function optionsOf({ kind }: Panel): object {
  switch (kind) {
    case 'stat':
      return { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, colorMode: 'background', graphMode: 'none', textMode: 'auto' };
    case 'timeseries':
      return { legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'] }, tooltip: { mode: 'multi', sort: 'desc' } };
    case 'heatmap':
      return { calculate: false, color: { mode: 'scheme', scheme: 'Blues', steps: 64 }, yAxis: { unit: 's' }, cellGap: 1, tooltip: { mode: 'single' } };
    case 'state-timeline':
      return { mergeValues: true, showValue: 'never', rowHeight: 0.8, legend: { displayMode: 'list', placement: 'bottom' } };
    case 'table':
      return { showHeader: true, sortBy: [{ displayName: 'Value', desc: true }] };
  }
}

/** Columns that say nothing of a shard. */
const hiddenColumns = { Time: true, __name__: true, job: true, endpoint: true, container: true };

function panelJson(panel: Panel, id: number, x: number, y: number, h: number): object {
  const links = panel.alert === undefined ? [] : [{ title: `Runbook: ${panel.alert}`, url: `${runbook}#${panel.alert.toLowerCase()}`, targetBlank: true }];
  return {
    id,
    type: panel.kind,
    title: panel.title,
    description: panel.description,
    datasource,
    gridPos: { x, y, w: panel.width, h },
    fieldConfig: { defaults: { unit: panel.unit, min: 0, thresholds: thresholds(panel), custom: customOf(panel) }, overrides: [] },
    options: optionsOf(panel),
    links,
    // Of a range, a stat would go on showing the last number of a fleet that is dead.
    targets: panel.queries.map(({ expr, legend, instant = panel.kind === 'stat' }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource,
      expr,
      legendFormat: legend,
      range: !instant,
      instant,
      format: panel.kind === 'table' ? 'table' : panel.kind === 'heatmap' ? 'heatmap' : 'time_series',
    })),
    ...(panel.kind === 'table' ? { transformations: [{ id: 'organize', options: { excludeByName: hiddenColumns } }] } : {}),
  };
}

const heights: Readonly<Record<Panel['kind'], number>> = { stat: 4, timeseries: 8, heatmap: 8, table: 8, 'state-timeline': 10 };

/** Rows under each other; panels from the left, and on a line of their own where they do not fit. */
function laidOut(rows: readonly Row[]): object[] {
  const made: object[] = [];
  let y = 0;
  for (const { question, panels } of rows) {
    made.push({ id: made.length + 1, type: 'row', title: question, collapsed: false, gridPos: { x: 0, y, w: gridColumns, h: 1 }, panels: [] });
    y += 1;
    let x = 0;
    let lineHeight = 0;
    for (const panel of panels) {
      if (x + panel.width > gridColumns) {
        x = 0;
        y += lineHeight;
        lineHeight = 0;
      }
      made.push(panelJson(panel, made.length + 1, x, y, heights[panel.kind]));
      x += panel.width;
      lineHeight = Math.max(lineHeight, heights[panel.kind]);
    }
    y += lineHeight;
  }
  return made;
}

function variable(name: string, query: string): object {
  return {
    name,
    type: 'query',
    datasource,
    query: { query, refId: `variable-${name}` },
    definition: query,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}

const choices: Readonly<Record<'namespace' | 'app' | 'stream' | 'shard', string>> = {
  namespace: 'label_values(shardfold_build_info, namespace)',
  app: 'label_values(shardfold_build_info{namespace=~"$namespace"}, app)',
  stream: `label_values(shardfold_fetch_records_total{${fleet}}, stream)`,
  shard: `label_values(shardfold_shard_behind_latest_seconds{${ofStream}}, shard)`,
};

/** Marks the moment at which a version is first there. */
const newVersions = `group by (version) (shardfold_build_info{${fleet}}) unless group by (version) (shardfold_build_info{${fleet}} offset 1m)`;

export function dashboardJson({ uid, title, description, variables, rows }: Dashboard): string {
  const names = ['namespace', 'app', ...variables] as const;
  const dashboard = {
    id: null,
    uid,
    title: `Shardfold / ${title}`,
    description,
    tags: ['shardfold'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'browser',
    links: [
      { type: 'dashboards', tags: ['shardfold'], title: 'Shardfold', asDropdown: false, includeVars: true, keepTime: true, targetBlank: false },
      { type: 'link', title: 'Runbook', url: runbook, icon: 'doc', targetBlank: true },
    ],
    templating: {
      list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' }, ...names.map((name) => variable(name, choices[name]))],
    },
    annotations: {
      list: [{ name: 'New versions', datasource, enable: true, iconColor: 'blue', expr: newVersions, titleFormat: 'Version {{version}}', step: '60s' }],
    },
    panels: laidOut(rows),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
