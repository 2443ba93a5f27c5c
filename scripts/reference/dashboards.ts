// Writes the Grafana dashboards. A test compares the files with what would be written.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leases } from './dashboards/leases.ts';
import { overview } from './dashboards/overview.ts';
import { dashboardJson } from './dashboards/panel.ts';
import { shards } from './dashboards/shards.ts';
import { sinks } from './dashboards/sinks.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Texts by path from the root. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map([overview, shards, sinks, leases].map((dashboard) => [`deploy/grafana/dashboards/${dashboard.uid}.json`, dashboardJson(dashboard)]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of dashboardFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
