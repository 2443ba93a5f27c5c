// `run` and `demo`: what stays until it is told to stop.
import { Option } from 'commander';
import { command, duration, jsonFlag, numberUpTo, type Registry, withConfig } from './registry.ts';

const running = () => import('../run.ts');
const showing = () => import('../demo.ts');

const rateMax = 100_000;

export function registerRun({ program, io, done }: Registry): void {
  withConfig(command(program, 'run', 'run the worker until it is told to stop'))
    .option('--until-caught-up', 'end with 0 when every shard, those of other workers too, has reached the tip it had at the start')
    .option('--json', 'write the log as JSON lines, as log.format=json does')
    .action(async ({ json, ...flags }) => {
      const set = json === true ? [...(flags.set ?? []), { path: 'log.format', value: 'json' }] : flags.set;
      done(await (await running()).run(io, { ...flags, set }));
    });
}

export function registerDemo({ program, io, done }: Registry): void {
  command(program, 'demo', 'see it work: an embedded Kinesis, DynamoDB and database, a feed, two workers and the page')
    .option('--for <duration>', 'end by itself after so long', duration)
    .option('--rate <number>', 'records a second', numberUpTo(rateMax), 500)
    .addOption(new Option('--sink <kind>', 'the database: a server of its own, or a file').choices(['postgres', 'sqlite']).default('postgres'))
    .option('--no-page', 'do not print the address of the page')
    .option(...jsonFlag)
    .action(async (flags) => done(await (await showing()).demo(io, flags)));
}
