// A Prometheus that scrapes given addresses every half second, as a process of its own in a folder that is gone afterwards. It knows no metric.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../support/until.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** Over time; numbers only. */
  readonly values: readonly number[];
}

export interface Rule {
  readonly name: string;
  readonly health: string;
  readonly state: string;
  readonly lastError?: string;
}

export interface Prometheus {
  /** Gives it one more address to scrape, `host:port`. */
  scrape(target: string): Promise<void>;
  /** At this moment, or so many seconds later, when nothing was scraped any more. Throws Prometheus' own words for an expression that it does not take. */
  query(expr: string, laterSeconds?: number): Promise<readonly Sample[]>;
  /** Over its whole life in steps of half a second. Series without any number are left out. */
  history(expr: string): Promise<readonly Sample[]>;
  rules(): Promise<readonly Rule[]>;
  stop(): Promise<void>;
}

interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

interface Answer<Data> {
  readonly status: string;
  readonly error?: string;
  readonly data: Data;
}

const stepSeconds = 0.5;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address !== 'object') throw new Error('the system named no port');
  return address.port;
}

function samplesOf(results: readonly Result[]): readonly Sample[] {
  return results
    .map(({ metric, value, values = value === undefined ? [] : [value] }) => ({
      labels: metric,
      values: values.map(([, text]) => Number(text)).filter((number) => !Number.isNaN(number)),
    }))
    .filter(({ values }) => values.length > 0);
}

/** `labels` go to every series, as a cluster would put them there. */
export async function startPrometheus(options: {
  readonly program: string;
  readonly rulesFile: string;
  readonly labels: Readonly<Record<string, string>>;
}): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'shardfold-prometheus-'));
  const targetsFile = join(folder, 'targets.json');
  const targets: string[] = [];
  const job = { job_name: 'shardfold', file_sd_configs: [{ files: [targetsFile] }] };
  await writeFile(targetsFile, '[]');
  // JSON is YAML.
  await writeFile(
    join(folder, 'prometheus.yml'),
    JSON.stringify({
      global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' },
      rule_files: [options.rulesFile],
      scrape_configs: [job],
    }),
  );
  const port = await freePort();
  const startedSeconds = Date.now() / 1_000;
  const child = spawn(
    options.program,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  const ended = once(child, 'close');

  async function ask<Data>(path: string, form: Readonly<Record<string, string>> = {}): Promise<Data> {
    const url = `http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(form)}`;
    const answer = (await (await fetch(url, { headers: { connection: 'close' } })).json()) as Answer<Data>;
    if (answer.status !== 'success') throw new Error(`${form.query ?? path}: ${answer.error}`);
    return answer.data;
  }

  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until('Prometheus', async () => {
      if (child.exitCode !== null) return true;
      return (await fetch(`http://127.0.0.1:${port}/-/ready`, { headers: { connection: 'close' } })).ok;
    });
    if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}: ${said}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    async scrape(target) {
      targets.push(target);
      await writeFile(targetsFile, JSON.stringify([{ targets, labels: options.labels }]));
    },
    async query(query, laterSeconds = 0) {
      const time = String(Date.now() / 1_000 + laterSeconds);
      return samplesOf((await ask<{ readonly result: readonly Result[] }>('query', { query, time })).result);
    },
    async history(query) {
      const span = { start: String(startedSeconds), end: String(Date.now() / 1_000), step: String(stepSeconds) };
      return samplesOf((await ask<{ readonly result: readonly Result[] }>('query_range', { query, ...span })).result);
    },
    async rules() {
      const { groups } = await ask<{ readonly groups: readonly { readonly rules: readonly Rule[] }[] }>('rules');
      return groups.flatMap(({ rules }) => rules);
    },
    stop,
  };
}
