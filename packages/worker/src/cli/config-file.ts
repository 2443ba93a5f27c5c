// Reads the configuration a command was given, or says everything that is wrong with it. It runs nothing.
import { type Fault, faultLine } from '../config/faults.ts';
import { type Loaded, loadConfig } from '../config/load.ts';
import type { Override } from '../config/overrides.ts';
import { CliError, type CliIo } from './io.ts';

export interface ConfigFlags {
  readonly config: string;
  readonly set?: readonly Override[];
}

const causes: Readonly<Record<string, string>> = { ENOENT: 'there is no such file', EACCES: 'this user may not read it', EISDIR: 'it is a folder' };

async function readText(io: CliIo, file: string): Promise<string> {
  try {
    return await io.readText(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new CliError(2, `${file}: ${causes[code] ?? (error instanceof Error ? error.message : String(error))}; name the configuration with --config FILE`);
  }
}

/** Throws `CliError` when the file cannot be read. */
export async function readConfig(io: CliIo, flags: ConfigFlags): Promise<Loaded> {
  return loadConfig({ text: await readText(io, flags.config), file: flags.config, env: io.env, overrides: flags.set ?? [] });
}

export function faultLines(faults: readonly Fault[], file: string): string {
  return faults.map((fault) => faultLine(fault, file)).join('\n');
}

/** Throws `CliError` with every fault. */
export async function requireConfig(io: CliIo, flags: ConfigFlags): Promise<Extract<Loaded, { ok: true }>> {
  const loaded = await readConfig(io, flags);
  if (!loaded.ok) throw new CliError(2, faultLines(loaded.faults, flags.config));
  return loaded;
}
