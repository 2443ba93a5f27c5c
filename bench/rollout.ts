// A roll-out of three workers under load with a surge of one, in plain processes. Prints what it cost, and ends with 1 when a promise
// of docs/guide/operations.md is broken.
//
//   node bench/rollout.ts [--shards 12] [--workers 3] [--rate 300]
import { parseArgs } from 'node:util';
import { brokenPromises } from './rollout/promises.ts';
import { type Figures, rehearse } from './rollout/rehearse.ts';

const { values } = parseArgs({
  options: {
    shards: { type: 'string', default: '12' },
    workers: { type: 'string', default: '3' },
    rate: { type: 'string', default: '300' },
  },
});

function report(figures: Figures): string {
  const most = (numbers: readonly number[]) => Math.round(Math.max(0, ...numbers));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  const lines: readonly (readonly [string, string])[] = [
    ['records sent', `${figures.sent}`],
    ['records read more than once', `${figures.read - figures.sent}`],
    ['versions applied twice', `${figures.appliedTwice}`],
    ['a new worker has its share after', `${figures.settledMs.map(Math.round).join(', ')} ms`],
    ['SIGTERM to exit', `${figures.stopMs.map(Math.round).join(', ')} ms`],
    ['exit codes', figures.exitCodes.join(', ')],
    ['giving a shard up, longest', `${most(figures.drainsMs)} ms`],
    [
      'moves',
      `${sum(figures.moves)} of ${figures.moves.length} shards: ${(sum(figures.moves) / figures.moves.length).toFixed(2)} each, ${most(figures.moves)} at most`,
    ],
    ['a shard without a reader, longest', `${most(figures.gapsMs)} ms`],
    ['differences to the source', `${figures.differences.length}`],
  ];
  return lines.map(([what, number]) => `${what.padEnd(36)} ${number}`).join('\n');
}

const figures = await rehearse({ shards: Number(values.shards), workers: Number(values.workers), recordsPerSecond: Number(values.rate) });
process.stdout.write(`${report(figures)}\n`);
const broken = brokenPromises(figures);
for (const line of broken) process.stdout.write(`broken: ${line}\n`);
process.exitCode = broken.length === 0 ? 0 : 1;
