// Every PromQL expression that deploy/ has: of panels, variables and annotations, and of alerts. It runs none.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../../', import.meta.url));
export const rulesFile = join(root, 'deploy/prometheus/rules.yaml');
const dashboardsFolder = join(root, 'deploy/grafana/dashboards');

export interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: GridPosition;
  readonly links?: readonly { readonly url: string }[];
  readonly targets?: readonly { readonly expr: string; readonly instant: boolean; readonly range: boolean; readonly datasource: { readonly uid: string } }[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit: string; readonly thresholds: { readonly steps: readonly { readonly color: string; readonly value: number | null }[] } };
  };
}

export interface Dashboard {
  readonly id: null;
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export const dashboards: readonly Dashboard[] = readdirSync(dashboardsFolder).map((file) => JSON.parse(readFileSync(join(dashboardsFolder, file), 'utf8')));
export const alerts: readonly Alert[] = (
  parse(readFileSync(rulesFile, 'utf8')) as { readonly groups: readonly { readonly rules: readonly Alert[] }[] }
).groups.flatMap(({ rules }) => rules);

export interface Expression {
  readonly where: string;
  readonly expr: string;
}

/** As the panels have them, with Grafana's variables. */
export const panelExpressions: readonly Expression[] = dashboards.flatMap(({ title, panels, annotations }) => [
  ...panels.flatMap((panel) => (panel.targets ?? []).map(({ expr }) => ({ where: `${title}: ${panel.title}`, expr }))),
  ...annotations.list.map(({ expr }) => ({ where: `${title}: annotation`, expr })),
]);

/** What `label_values(SELECTOR, label)` asks for. */
export const variableExpressions: readonly Expression[] = dashboards.flatMap(({ title, templating }) =>
  templating.list.flatMap(({ name, definition }) => {
    const [, expr, label] = /^label_values\((.*), (\w+)\)$/.exec(definition ?? '') ?? [];
    return expr === undefined ? [] : [{ where: `${title}: variable ${name}`, expr: `group by (${label}) (${expr})` }];
  }),
);

export const alertExpressions: readonly Expression[] = alerts.map(({ alert, expr }) => ({ where: alert, expr }));

/** With every variable at "All", and windows that a short run fills. */
export function plain(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '10m')
    .replaceAll(/\$[a-z]+/g, '.*');
}

/** Names of metrics with the braces behind them: what reads the store. */
export function selectors(expr: string): readonly string[] {
  return [...expr.matchAll(/\b(?:shardfold|process)_\w+(?:\{[^}]*\})?/g)].map(([selector]) => selector);
}

/** The sides of comparisons and set operators outside of parentheses, without plain numbers. What an alert looks at, and not when. */
export function operands(expr: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  const ends = /^ (?:>|<|>=|<=|==|!=|and|unless|or)(?: on \([^)]*\))? /;
  for (let at = 0; at < expr.length; at += 1) {
    const char = expr[at] ?? '';
    const [operator] = depth === 0 ? (ends.exec(expr.slice(at)) ?? []) : [];
    if (operator !== undefined) {
      parts.push(part);
      part = '';
      at += operator.length - 1;
      continue;
    }
    if ('({['.includes(char)) depth += 1;
    if (')}]'.includes(char)) depth -= 1;
    part += char;
  }
  return [...parts, part].map((each) => each.trim()).filter((each) => !/^[\d.]+$/.test(each));
}
