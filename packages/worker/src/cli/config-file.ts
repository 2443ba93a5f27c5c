// Reads the configuration a command was given, or says everything that is wrong with it. It runs nothing.
import { type Fault, faultLine } from '../config/faults.ts';
import { type FileRead, type FilesRead, filesNamed } from '../config/interpolate.ts';
import { type Loaded, loadConfig } from '../config/load.ts';
import type { Override } from '../config/overrides.ts';
import { secretsIn } from '../config/print.ts';
import { hideAlways } from '../config/secrets.ts';
import { CliError, type CliIo } from './io.ts';

export interface ConfigFlags {
  readonly config: string;
  readonly set?: readonly Override[];
}

const causes: Readonly<Record<string, string>> = { ENOENT: 'there is no such file', EACCES: 'this user may not read it', EISDIR: 'it is a folder' };

/** Longer than any certificate or key; what is more was named by mistake. */
const maxSecretLength = 64 * 1024;
const maxSecretFiles = 100;

function causeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return causes[code] ?? (error instanceof Error ? error.message : String(error));
}

async function readText(io: CliIo, file: string): Promise<string> {
  try {
    return await io.readText(file);
  } catch (error) {
    throw new CliError(2, `${file}: ${causeOf(error)}; name the configuration with --config FILE`);
  }
}

async function readSecret(io: CliIo, file: string): Promise<FileRead> {
  try {
    const text = await io.readText(file);
    return text.length > maxSecretLength ? { cause: `it is longer than ${maxSecretLength} characters` } : { text };
  } catch (error) {
    return { cause: causeOf(error) };
  }
}

async function readSecrets(io: CliIo, text: string): Promise<FilesRead> {
  const files = filesNamed(text).slice(0, maxSecretFiles);
  return new Map(await Promise.all(files.map(async (file) => [file, await readSecret(io, file)] as const)));
}

/** Throws `CliError` when the file cannot be read. */
export async function readConfig(io: CliIo, flags: ConfigFlags): Promise<Loaded> {
  const text = await readText(io, flags.config);
  const loaded = loadConfig({ text, file: flags.config, env: io.env, files: await readSecrets(io, text), overrides: flags.set ?? [] });
  // From here on no text of this process shows them, whoever wrote it.
  if (loaded.ok) for (const secret of secretsIn(loaded.document)) hideAlways(secret);
  return loaded;
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
