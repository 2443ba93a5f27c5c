// deploy/prometheus: the alerts as promtool tests them, and every expression of them and of the dashboards on a real Prometheus that
// has watched a real fleet with troubles. Skipped by name where Prometheus is not to be had.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { awsClients, type EmbeddedStack } from '@shardfold/embedded';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type FleetBed, fleetBed, shardCount, startStack } from '../support/fleet-bed.ts';
import { type SwitchableProxy, switchableProxy, through } from '../support/switchable-proxy.ts';
import { until } from '../support/until.ts';
import {
  alertExpressions,
  alerts,
  dashboards,
  type Expression,
  operands,
  panelExpressions,
  plain,
  rulesFile,
  selectors,
  variableExpressions,
} from './support/expressions.ts';
import { type Prometheus, startPrometheus } from './support/prometheus.ts';
import { findTool, installTimeoutMs, run, type Tool } from './support/tool.ts';

const cases = fileURLToPath(new URL('support/alerts.yaml', import.meta.url));
const operations = readFileSync(join(fileURLToPath(new URL('../../', import.meta.url)), 'docs/guide/operations.md'), 'utf8');
type Skip = { skip(reason: string): never };
let tool: Tool;

beforeAll(async () => {
  tool = await findTool('prometheus');
}, installTimeoutMs);

function programs(context: Skip): readonly [prometheus: string, promtool: string] {
  if ('skipped' in tool) return context.skip(tool.skipped);
  const [prometheus = '', promtool = ''] = tool.command;
  return [prometheus, promtool];
}

describe('the alerts', () => {
  test('are rules that promtool takes', async (context) => {
    const { code, stdout, stderr } = await run([programs(context)[1], 'check', 'rules', '--lint=all', '--lint-fatal', rulesFile]);
    expect(`${stdout}${stderr}`).toContain(`${alerts.length} rules found`);
    expect(code).toBe(0);
  });

  test('tell when they should, and only then', async (context) => {
    const { code, stdout, stderr } = await run([programs(context)[1], 'test', 'rules', cases]);
    expect(`${stdout}${stderr}`).toContain('SUCCESS');
    expect(code).toBe(0);
  });

  test('have a case for each in which they tell, and one in which they are quiet', () => {
    interface Moment {
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }
    const { tests } = parse(readFileSync(cases, 'utf8')) as { readonly tests: readonly { readonly alert_rule_test: readonly Moment[] }[] };
    const moments = tests.flatMap((each) => each.alert_rule_test);
    const names = alerts.map(({ alert }) => alert).sort();
    const of = (tells: boolean) => new Set(moments.filter((moment) => moment.exp_alerts.length > 0 === tells).map(({ alertname }) => alertname));
    expect([...of(false)].sort()).toEqual(names);
    expect([...of(true)].sort()).toEqual(names);
  });

  test('have a paragraph each that says what it means, what the workers do and what to do', () => {
    for (const { alert, annotations } of alerts) {
      const [, section = ''] = operations.split(`### ${alert}\n`);
      const paragraph = section.split('\n#')[0] ?? '';
      for (const word of ['**Means**', '**Meanwhile**', '**Do**']) expect(`${alert}: ${paragraph}`).toContain(word);
      expect(annotations.runbook_url).toBe(`https://github.com/shardfold/shardfold/blob/main/docs/guide/operations.md#${alert.toLowerCase()}`);
    }
  });
});

describe('on a Prometheus that watched a fleet', () => {
  const labels = { namespace: 'test', app: 'fleet' };
  const seenTimeoutMs = 60_000;
  let stack: EmbeddedStack | undefined;
  let bed: FleetBed | undefined;
  let proxy: SwitchableProxy | undefined;
  let prometheus: Prometheus | undefined;

  /** Two workers, a hand-over, a record that is no change, a database that is away for a while. Everything is awaited as Prometheus sees it. */
  async function troubledRun(program: string): Promise<Prometheus> {
    const [started, watcher] = await Promise.all([startStack(), startPrometheus({ program, rulesFile, labels })]);
    stack = started;
    prometheus = watcher;
    bed = await fleetBed(started);
    const cable = await switchableProxy(bed.databaseUrl);
    proxy = cable;
    const start = async (name: string) => {
      const worker = bed?.start(name, '', ['--set', `sinks.main.url=${through(bed.databaseUrl, cable)}`]);
      await watcher.scrape(new URL((await worker?.url()) ?? '').host);
    };
    const seen = (what: string, expr: string) => until(`Prometheus to see ${what}`, async () => (await watcher.query(expr)).length > 0, seenTimeoutMs);
    await start('one');
    await seen('the first worker with every shard', `shardfold_shards_owned == ${shardCount}`);
    await start('two');
    await seen('both share', `count(shardfold_shards_owned == ${shardCount / 2}) == 2`);
    const clients = awsClients(started.kinesis.url);
    await clients.kinesis.send(new PutRecordCommand({ StreamName: bed.stream, PartitionKey: '1', Data: Buffer.from('no change') }));
    clients.destroy();
    await bed.feed({ records: 500, keys: 100, seed: 11 });
    await seen('rows', 'sum(increase(shardfold_changes_total{outcome="applied"}[1m])) > 0');
    cable.cut();
    await bed.feed({ records: 500, keys: 100, seed: 12 });
    await seen('the database away', 'sum(increase(shardfold_sink_write_duration_seconds_count{outcome="failed"}[1m])) > 0');
    cable.join();
    await seen('it back', `sum(shardfold_changes_total{outcome!="dead_lettered"}) >= ${bed.sent.length}`);
    // The alerts on age rest on it: what is quiet does not grow old.
    await seen('quiet shards stay young', `min(shardfold_shard_checkpoint_timestamp_seconds) > ${Date.now() / 1_000}`);
    await seen('the dead letter', 'sum(increase(shardfold_records_total{outcome="dead_lettered"}[1m])) > 0');
    return watcher;
  }

  beforeAll(async () => {
    if (!('skipped' in tool)) await troubledRun(tool.command[0] ?? '');
  }, 240_000);

  afterAll(async () => {
    await bed?.end();
    await proxy?.close();
    await Promise.all([prometheus?.stop(), stack?.stop()]);
  });

  function watched(context: Skip): Prometheus {
    programs(context);
    if (prometheus === undefined) throw new Error('Prometheus did not start');
    return prometheus;
  }

  /** Those without any number, or that Prometheus does not take. */
  async function empty(watcher: Prometheus, expressions: readonly Expression[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (const { where, expr } of expressions) {
      const answer = await watcher.history(plain(expr)).catch((error: unknown) => String(error));
      if (typeof answer === 'string') found.push(`${where}: ${answer}`);
      else if (answer.length === 0) found.push(`${where}: nothing for ${expr}`);
    }
    return found;
  }

  test('every panel, variable and annotation shows something', async (context) => {
    expect(await empty(watched(context), [...panelExpressions, ...variableExpressions])).toEqual([]);
  });

  test('an hour after the last word of a fleet, stats say that there is no worker, and nothing else', async (context) => {
    const watcher = watched(context);
    const stats = dashboards.flatMap(({ panels }) => panels.filter(({ type }) => type === 'stat'));
    const shown: [title: string, now: number, later: readonly number[]][] = [];
    for (const { title, targets = [] } of stats) {
      const expr = plain(targets[0]?.expr ?? '');
      const [now, later] = [await watcher.query(expr), await watcher.query(expr, 3_600)];
      shown.push([title, now.length, later.flatMap(({ values }) => values)]);
    }
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.filter(([, now]) => now !== 1)).toEqual([]);
    expect(shown.filter(([, , later]) => later.length > 0)).toEqual([['Workers', 1, [0]]]);
  });

  test('every alert looks at something', async (context) => {
    const sides = alertExpressions.flatMap(({ where, expr }) => operands(expr).map((side) => ({ where, expr: side })));
    expect(await empty(watched(context), sides)).toEqual([]);
  });

  test('every metric has values by the labels that it is asked by', async (context) => {
    const all = [...panelExpressions, ...variableExpressions, ...alertExpressions];
    const each = new Map(all.flatMap(({ where, expr }) => selectors(expr).map((selector) => [selector, { where, expr: selector }])));
    expect(each.size).toBeGreaterThan(30);
    expect(await empty(watched(context), [...each.values()])).toEqual([]);
  });

  test('the alerts are evaluated, and the dead letter is told', async (context) => {
    const rules = await watched(context).rules();
    expect(rules.map(({ name }) => name).sort()).toEqual(alerts.map(({ alert }) => alert).sort());
    expect(rules.filter(({ health }) => health !== 'ok').map(({ name, lastError }) => `${name}: ${lastError}`)).toEqual([]);
    expect(rules.filter(({ state }) => state === 'firing').map(({ name }) => name)).toContain('ShardfoldDeadLetters');
  });
});
