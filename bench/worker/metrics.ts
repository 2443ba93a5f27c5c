// Prints what one look at `/metrics` and `/status` of a worker costs. `--shards N`, `--runs N`. It asserts nothing.
import { parseArgs } from 'node:util';
import { lookCosts } from './looks.ts';

const { values } = parseArgs({ options: { shards: { type: 'string', default: '1000' }, runs: { type: 'string', default: '51' } } });
for (const { path, medianMs, worstMs, bytes } of await lookCosts(Number(values.shards), Number(values.runs)))
  console.log(`${path.padEnd(9)} ${values.shards} shards  median ${medianMs.toFixed(1)} ms  worst ${worstMs.toFixed(1)} ms  ${Math.round(bytes / 1_024)} KiB`);
