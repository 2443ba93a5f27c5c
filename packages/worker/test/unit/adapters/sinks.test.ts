// Which sinks keep dead letters, and that the others may be opened where they could not.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemMachine } from '@shardfold/consumer';
import { expect, onTestFinished, test } from 'vitest';
import { createSink, keepsLetters } from '../../../src/adapters/sinks.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';

function configOf(more: string): Config {
  const text = `application: orders\nsource: { streams: [orders], start: latest }\nsinks: { first: { kind: sqlite, url: "sqlite:a.db" }, second: { kind: sqlite, url: "sqlite:b.db" }, third: { kind: sqlite, url: "sqlite:c.db" } }\n${more}`;
  const loaded = loadConfig({ text, file: 'shardfold.yaml', env: {} });
  if (!('config' in loaded)) throw new Error(JSON.stringify(loaded));
  return loaded.config;
}

const tables = 'tables: [{ source: orders, sink: second }]\n';

test.each<[string, readonly string[]]>([
  [tables, ['first', 'second']],
  [`${tables}deadLetters: { kind: file, path: letters.jsonl }\n`, []],
  [`${tables}deadLetters: { kind: stop }\n`, []],
])('%j', (more, keeping) => {
  const config = configOf(more);
  expect(Object.keys(config.sinks).filter((name) => keepsLetters(name, config))).toEqual(keeping);
});

test('a sink that makes no tables opens without a table for letters where they go elsewhere', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'shardfold-sinks-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const config = configOf('tables: [{ source: orders, sink: first, createTables: false }]\n');
  const open = async (letters: boolean) => {
    const sink = createSink('first', { kind: 'sqlite', url: join(folder, 'orders.db') }, config, systemMachine, letters);
    await sink.open(new AbortController().signal).finally(() => sink.close());
  };
  await open(false);
  await expect(open(true)).rejects.toMatchObject({ code: 'SINK_TABLE_MISSING', message: expect.stringContaining('shardfold_dead_letters') });
});
