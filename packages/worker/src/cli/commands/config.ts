// `validate` and `config`.
import { command, jsonFlag, type Registry, withConfig } from './registry.ts';

const code = () => import('../config-commands.ts');
const examining = () => import('../doctor.ts');

export function registerConfig({ program, io, done }: Registry): void {
  withConfig(command(program, 'validate', 'check the configuration, without the network'))
    .option('--live', 'look also at streams, lease table, permissions and databases, and print the DDL of tables that are missing')
    .option(...jsonFlag)
    .action(async (flags) => done(await (flags.live === true ? (await examining()).validateLive : (await code()).validate)(io, flags)));
  const config = command(program, 'config', 'show the configuration');
  withConfig(command(config, 'print', 'the effective configuration, secrets hidden'))
    .option(...jsonFlag)
    .action(async (flags) => done(await (await code()).printConfig(io, flags)));
  withConfig(command(config, 'explain <path>', 'an option: its value, where it comes from, what it means'))
    .option(...jsonFlag)
    .action(async (path: string, flags) => done(await (await code()).explainConfig(io, path, flags)));
  command(config, 'schema', 'the JSON Schema of shardfold.yaml')
    .option(...jsonFlag)
    .action(async () => done(await (await code()).printSchema(io)));
}
