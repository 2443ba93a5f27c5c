// `validate` and `config print|explain|schema`: what the configuration is and whether it is right, without the network.
import { stringify } from 'yaml';
import { unknownPath } from '../config/overrides.ts';
import { explain, printYaml, withoutSecrets } from '../config/print.ts';
import { configJsonSchema } from '../config/schema.ts';
import { type ConfigFlags, faultLines, readConfig, requireConfig } from './config-file.ts';
import { CliError, type CliIo, type ExitCode } from './io.ts';

export interface JsonFlag {
  readonly json?: boolean;
}

const jsonText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

export async function validate(io: CliIo, flags: ConfigFlags & JsonFlag): Promise<ExitCode> {
  const loaded = await readConfig(io, flags);
  if (flags.json === true) await io.out(jsonText(loaded.ok ? { ok: true, faults: [] } : { ok: false, faults: loaded.faults }));
  else if (loaded.ok) await io.out(`${flags.config}: fine\n`);
  if (loaded.ok) return 0;
  if (flags.json !== true) io.err(`${faultLines(loaded.faults, flags.config)}\n`);
  return 2;
}

export async function printConfig(io: CliIo, flags: ConfigFlags & JsonFlag): Promise<ExitCode> {
  const loaded = await requireConfig(io, flags);
  await io.out(flags.json === true ? jsonText(withoutSecrets(loaded.document)) : printYaml(loaded));
  return 0;
}

export async function explainConfig(io: CliIo, path: string, flags: ConfigFlags & JsonFlag): Promise<ExitCode> {
  const loaded = await requireConfig(io, flags);
  const parts = path.split('.');
  const explanation = explain(loaded, parts);
  if (explanation === undefined) {
    const fault = unknownPath(parts, '');
    throw new CliError(2, `There is no option ${path}${fault?.suggestion === undefined ? '' : `; ${fault.suggestion}`}`);
  }
  const { value, from, description } = explanation;
  const text = value === null ? 'not set' : typeof value === 'object' ? `\n${stringify(value).trimEnd()}` : String(value);
  const lines = [`${explanation.path}: ${text}`, ...(value === null ? [] : [`from: ${from}`]), ...(description === undefined ? [] : [description])];
  await io.out(flags.json === true ? jsonText(explanation) : `${lines.join('\n')}\n`);
  return 0;
}

export async function printSchema(io: CliIo): Promise<ExitCode> {
  await io.out(jsonText(configJsonSchema()));
  return 0;
}
