// `run`: the worker, from its configuration to its exit code. How a worker is put together is `../run.ts`'s.
import { maskText } from '../config/secrets.ts';
import { createLog, type Log } from '../observe/log.ts';
import { type ConfigFlags, requireConfig } from './config-file.ts';
import type { CliIo, ExitCode } from './io.ts';

/** Refused because somebody else holds it, not failed. */
const heldCodes = new Set(['HELD_BY_OTHERS', 'TABLE_FOREIGN']);
const idLength = 8;

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function exitCodeOf(error: unknown): 1 | 4 {
  const code = codeOf(error);
  return code !== undefined && heldCodes.has(code) ? 4 : 1;
}

function fail(log: Log, error: unknown): ExitCode {
  const code = codeOf(error);
  const message = maskText(error instanceof Error ? error.message : String(error));
  const unforeseen = code === undefined && error instanceof Error && error.name !== 'Error' ? { stack: maskText(error.stack ?? '') } : {};
  log.error(message, { ...(code === undefined ? {} : { code }), ...unforeseen });
  return exitCodeOf(error);
}

export async function run(io: CliIo, flags: ConfigFlags & { readonly untilCaughtUp?: boolean }): Promise<number> {
  const { config } = await requireConfig(io, flags);
  const format = config.log.format ?? (io.errIsTerminal ? 'pretty' : 'json');
  const log = createLog({ level: config.log.level, format, destination: { write: io.err }, colour: io.errIsTerminal });
  const stop = io.stopSignal();
  const worker = `${io.hostname}-${io.machine.random.id().slice(0, idLength)}`;
  // Loaded only here: the other commands need no AWS client and no database driver.
  const { runWorker } = await import('../run.ts');
  try {
    return await runWorker({ config, machine: io.machine, log, stop, untilCaughtUp: flags.untilCaughtUp ?? false, worker, version: io.version });
  } catch (error) {
    return fail(log, error);
  }
}
