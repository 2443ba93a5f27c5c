// `run`: the worker, from its configuration to its exit code. How a worker is put together is `../run.ts`'s.
import { maskText } from '../config/secrets.ts';
import { createLog, type LevelledLog, type Log } from '../observe/log.ts';
import { reason } from '../observe/troubles.ts';
import { type ConfigFlags, requireConfig } from './config-file.ts';
import { codeOf, exitCodeOf } from './error-code.ts';
import { type CliIo, type ExitCode, takesColour } from './io.ts';
import { createProgress } from './progress.ts';

const idLength = 8;

function fail(log: Log, error: unknown): ExitCode {
  const code = codeOf(error);
  const unforeseen = code === undefined && error instanceof Error && error.name !== 'Error' ? { stack: maskText(error.stack ?? '') } : {};
  log.error('failed', reason(error), { ...(code === undefined ? {} : { code }), ...unforeseen });
  return exitCodeOf(error);
}

/** Never rejects: a configuration that cannot be read now changes nothing. */
async function reloadLogLevel(io: CliIo, flags: ConfigFlags, log: LevelledLog): Promise<void> {
  const from = log.level();
  try {
    const to = (await requireConfig(io, flags)).config.log.level;
    const became = from === to ? `stays ${to}` : `is ${to} now; it was ${from}`;
    log.setLevel(to, `The log level ${became}. It is all of the configuration that SIGHUP has read again; the rest counts from the next start.`, { from, to });
  } catch (error) {
    log.error(
      'reload-failed',
      `SIGHUP came, and the configuration cannot be read; the log level stays ${from}. Mend this, and send SIGHUP again: ${reason(error)}`,
    );
  }
}

export async function run(io: CliIo, flags: ConfigFlags & { readonly untilCaughtUp?: boolean }): Promise<number> {
  const { config } = await requireConfig(io, flags);
  const format = config.log.format ?? (io.errIsTerminal ? 'pretty' : 'json');
  const untilCaughtUp = flags.untilCaughtUp ?? false;
  const progress = createProgress(io, 'Shards that are caught up');
  const write = (line: string): void => {
    progress.end();
    io.err(line);
  };
  const stop = io.stopSignal();
  const machine = await io.machine();
  const worker = `${io.hostname}-${machine.random.id().slice(0, idLength)}`;
  const log = createLog({ worker, level: config.log.level, format, destination: { write }, colour: takesColour(io) });
  io.onHangUp(() => void reloadLogLevel(io, flags, log));
  // Loaded only here: the other commands need no AWS client and no database driver.
  const { runWorker } = await import('../run.ts');
  try {
    return await runWorker({ config, machine, log, stop, untilCaughtUp, onCaughtUp: progress.at, worker, version: io.version });
  } catch (error) {
    return fail(log, error);
  } finally {
    progress.end();
  }
}
