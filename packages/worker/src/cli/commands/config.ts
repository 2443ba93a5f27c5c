// `validate` and `config`.
import { explainConfig, printConfig, printSchema, validate } from '../config-commands.ts';
import { validateLive } from '../doctor.ts';
import { command, jsonFlag, type Registry, withConfig } from './registry.ts';

export function registerConfig({ program, io, done }: Registry): void {
  withConfig(command(program, 'validate', 'check the configuration, without the network'))
    .option('--live', 'look also at streams, lease table, permissions and databases, and print the DDL of tables that are missing')
    .option(...jsonFlag)
    .action(async (flags) => done(await (flags.live === true ? validateLive : validate)(io, flags)));
  const config = command(program, 'config', 'show the configuration');
  withConfig(command(config, 'print', 'the effective configuration, secrets hidden'))
    .option(...jsonFlag)
    .action(async (flags) => done(await printConfig(io, flags)));
  withConfig(command(config, 'explain <path>', 'an option: its value, where it comes from, what it means'))
    .option(...jsonFlag)
    .action(async (path: string, flags) => done(await explainConfig(io, path, flags)));
  command(config, 'schema', 'the JSON Schema of shardfold.yaml').action(async () => done(await printSchema(io)));
}
