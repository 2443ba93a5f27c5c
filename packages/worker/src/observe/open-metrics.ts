// The text of Prometheus as OpenMetrics has it. It knows the two formats and no metric: prom-client's own way renames counters for
// the other format as well, for good.

/** In OpenMetrics the family of a counter has no `_total`, its series have; quotes in a help are escaped; nothing follows `# EOF`. */
export function openMetricsOf(prometheusText: string): string {
  const counters = new Set([...prometheusText.matchAll(/^# TYPE (\S+)_total counter$/gm)].map(([, family]) => family));
  const lines = prometheusText
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
      if (kind === undefined) return line;
      const family = name.replace(/_total$/, '');
      const text = kind === 'HELP' ? rest.replaceAll('"', '\\"') : rest;
      return `# ${kind} ${counters.has(family) && name !== family ? family : name} ${text}`;
    });
  return `${lines.join('\n')}\n# EOF\n`;
}
