// deploy/grafana: four dashboards that Grafana takes as they are, whose panels say what to do and lead to the runbook, and that name
// only metrics that the program has.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createMetrics } from '../../packages/worker/src/observe/metrics.ts';
import { dashboardFiles } from '../../scripts/reference/dashboards.ts';
import {
  alertExpressions,
  alerts,
  dashboards,
  type GridPosition,
  operands,
  panelExpressions,
  plain,
  selectors,
  variableExpressions,
} from './support/expressions.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const runbook = 'https://github.com/shardfold/shardfold/blob/main/docs/guide/operations.md';
const headings = new Set(
  [...read('docs/guide/operations.md').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  ),
);

function overlap(a: GridPosition, b: GridPosition): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

test.each([...dashboardFiles()])('%s is what `node scripts/reference/dashboards.ts` writes', (path, text) => {
  expect(existsSync(join(root, path)) ? read(path) : 'nothing').toBe(text);
});

test('the four have addresses for good', () => {
  expect(dashboards.map(({ uid }) => uid).sort()).toEqual(['shardfold-leases', 'shardfold-overview', 'shardfold-shards', 'shardfold-sinks']);
  expect(dashboards.map(({ id }) => id)).toEqual([null, null, null, null]);
});

describe.each(dashboards.map((dashboard) => [dashboard.title, dashboard] as const))('%s', (_, { panels, templating }) => {
  const shown = panels.filter(({ type }) => type !== 'row');

  test('says at each panel what to do, in a unit', () => {
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.filter(({ description = '' }) => description.length < 40).map(({ title }) => title)).toEqual([]);
    expect(shown.filter(({ fieldConfig }) => fieldConfig?.defaults.unit === undefined)).toEqual([]);
    expect(shown.filter(({ targets = [] }) => targets.length === 0)).toEqual([]);
  });

  test('asks the data source that is chosen', () => {
    expect(templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource' });
    const asked = shown.flatMap(({ datasource, targets = [] }) => [datasource?.uid, ...targets.map((target) => target.datasource.uid)]);
    expect(new Set(asked)).toEqual(new Set(['$datasource']));
  });

  test('has panels that do not cover each other, with ids of their own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const covered = panels.flatMap((panel, index) => panels.slice(index + 1).filter((other) => overlap(panel.gridPos, other.gridPos)));
    expect(covered.map(({ title }) => title)).toEqual([]);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  test('leads to paragraphs that are there', () => {
    const urls = shown.flatMap(({ links = [] }) => links.map(({ url }) => url));
    expect(urls.length).toBeGreaterThan(3);
    expect(urls.filter((url) => !url.startsWith(`${runbook}#`) || !headings.has(url.split('#')[1] ?? ''))).toEqual([]);
  });

  test('uses each of its variables, and no other', () => {
    const used = new Set(shown.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => [...expr.matchAll(/\$([a-z]+)/g)].map(([, name]) => name))));
    expect([...used, 'datasource'].sort()).toEqual(templating.list.map(({ name }) => name).sort());
  });
});

test('a stat shows this moment: over a range it would keep the last number of a fleet that is dead', () => {
  const stats = dashboards.flatMap(({ panels }) => panels.filter(({ type }) => type === 'stat'));
  expect(stats.length).toBeGreaterThan(5);
  expect(stats.filter(({ targets = [] }) => targets.some(({ instant, range }) => !instant || range)).map(({ title }) => title)).toEqual([]);
});

test('a counter is shown by its growth: its sum falls with each restart, and goes back to nothing at no other time', () => {
  const grown = [/(?:rate|increase)\([^()]*\[[^\]]*\]\)/g, /\((\S+|\S+\{[^}]*\}) unless \1 offset [^)]+\)/g];
  const raw = panelExpressions.filter(({ expr }) => grown.reduce((rest, growth) => rest.replaceAll(growth, ''), expr).includes('_total'));
  expect(raw).toEqual([]);
});

test('every metric that is named is in the registry, with the labels it is asked by', async () => {
  const metrics = createMetrics({ version: '1.2.3', streams: ['s'], sinks: ['main'] });
  metrics.onEvent({ kind: 'sink-write', sink: 'main', outcome: 'ok', durationMs: 1, rows: 1 });
  const shard = { shard: { stream: 's', shardId: '1', key: '1' }, held: true, behindLatestMs: 1, readMs: 1, position: { kind: 'latest' }, owner: 'w' };
  const { body } = await metrics.render(
    { worker: 'w', state: 'running', reached: true, settled: true, leases: [], shards: [shard as never], inFlightBytes: 0, loops: [] },
    false,
  );
  const known = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of body.matchAll(/^(\w+)(?:\{(.*)\})? [^ ]+$/gm)) {
    const those = known.get(name) ?? new Set(['namespace', 'app', 'instance']);
    known.set(name, those);
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) those.add(label);
  }
  const all = [...panelExpressions, ...variableExpressions, ...alertExpressions];
  const named = all.flatMap(({ where, expr }) => selectors(expr).map((selector) => [where, selector] as const));
  expect(named.length).toBeGreaterThan(60);
  const wrong = named.filter(([, selector]) => {
    const [name = '', matchers = ''] = selector.split('{');
    return [...matchers.matchAll(/(\w+)(?:=|!=|=~|!~)"/g)].some(([, label = '']) => !known.get(name)?.has(label)) || !known.has(name);
  });
  expect(wrong).toEqual([]);
});

test('thresholds are those of the alerts', () => {
  const limits = new Map(alerts.map(({ alert, expr }) => [alert.toLowerCase(), Number(/> ([\d.]+)$/.exec(expr)?.[1] ?? 0)]));
  const compared = dashboards.flatMap(({ panels }) =>
    panels.flatMap(({ title, links = [], fieldConfig }) => {
      const limit = limits.get(links[0]?.url.split('#')[1] ?? '');
      const red = fieldConfig?.defaults.thresholds.steps.find(({ color, value }) => color === 'red' && value !== null)?.value;
      // Where the panel shows what the alert compares, and not a count of it.
      const same = ['s', 'percentunit'].includes(fieldConfig?.defaults.unit ?? '') || limit === 0;
      return limit === undefined || red === undefined || red === null || !same ? [] : [{ title, red, limit: limit === 0 ? 1 : limit }];
    }),
  );
  expect(compared.length).toBeGreaterThan(10);
  expect(compared.filter(({ red, limit }) => red !== limit)).toEqual([]);
});

test('Grafana finds them where compose puts them', () => {
  const { providers } = parse(read('deploy/grafana/provisioning/dashboards/shardfold.yaml')) as {
    readonly providers: readonly { readonly options: { readonly path: string } }[];
  };
  const { services } = parse(read('deploy/compose/compose.yaml')) as { readonly services: { readonly grafana: { readonly volumes: readonly string[] } } };
  expect(services.grafana.volumes.map((volume) => volume.split(':')[1])).toContain(providers[0]?.options.path);
  const { datasources } = parse(read('deploy/grafana/provisioning/datasources/prometheus.yaml')) as {
    readonly datasources: readonly { readonly url: string }[];
  };
  expect(datasources.map(({ url }) => new URL(url).hostname)).toEqual(['prometheus']);
});

test.each([
  ['a > 1', ['a']],
  ['sum by (x) (a{b=">"} > 1) / c > 0.2', ['sum by (x) (a{b=">"} > 1) / c']],
  ['g(a[2h]) unless g(a)', ['g(a[2h])', 'g(a)']],
  ['changes(p[1h]) > 3 and on (x, y) b', ['changes(p[1h])', 'b']],
])('the operands of %s', (expr, wanted) => {
  expect(operands(expr)).toEqual(wanted);
});

test('variables at "All"', () => {
  expect(plain('rate(a{b=~"$namespace"}[$__rate_interval]) / increase(c[$__range])')).toBe('rate(a{b=~".*"}[1m]) / increase(c[10m])');
});
