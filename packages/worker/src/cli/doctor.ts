// `doctor` and `validate --live`: looks at the world that a configuration names. What is looked at, and how it is judged, is in `../doctor/`.
import type { Config } from '../config/config.ts';
import type { Finding } from '../doctor/finding.ts';
import type { Check } from '../doctor/run-checks.ts';
import type { JsonFlag } from './config-commands.ts';
import { type ConfigFlags, requireConfig } from './config-file.ts';
import { findingsJson, findingsText } from './doctor-text.ts';
import { CliError, type CliIo, type ExitCode } from './io.ts';

/** Loaded only here: the other commands need no AWS client and no database driver. */
async function examine(io: CliIo, config: Config, extra: (config: Config) => Promise<readonly Check[]>): Promise<readonly Finding[]> {
  const [{ examineWorld }, { runChecks }] = await Promise.all([import('../doctor/checks.ts'), import('../doctor/run-checks.ts')]);
  const stop = io.stopSignal();
  const machine = await io.machine();
  const { checks, close } = examineWorld(config, machine, stop);
  try {
    return await runChecks([...(await extra(config)), ...checks], machine.timers, stop);
  } catch (error) {
    throw stop.aborted ? new CliError(130, 'Interrupted.') : error;
  } finally {
    await close();
  }
}

async function tell(io: CliIo, findings: readonly Finding[], flags: JsonFlag, withDdl: boolean): Promise<ExitCode> {
  await io.out(flags.json === true ? findingsJson(findings) : findingsText(findings, withDdl));
  return findings.some(({ severity }) => severity === 'fault') ? 3 : 0;
}

/** 3 when a check found a fault. */
export async function doctor(io: CliIo, flags: ConfigFlags & JsonFlag): Promise<ExitCode> {
  const { config } = await requireConfig(io, flags);
  const ofMachine = async (of: Config) => (await import('../doctor/checks.ts')).examineMachine(of);
  return tell(io, await examine(io, config, ofMachine), flags, false);
}

/** The same of what is not this machine's, with the statements that would make what is missing. */
export async function validateLive(io: CliIo, flags: ConfigFlags & JsonFlag): Promise<ExitCode> {
  const { config } = await requireConfig(io, flags);
  return tell(io, await examine(io, config, async () => []), flags, true);
}
