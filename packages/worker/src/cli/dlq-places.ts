// Opens the places of a configuration's dead letters for one command, and tells what they refuse without a stack.
import type { Machine } from '@shardfold/consumer';
import { SinkError } from '@shardfold/sinks';
import type { Config } from '../config/config.ts';
import type { LetterPlaces } from '../dead-letters/places.ts';
import { type ConfigFlags, requireConfig } from './config-file.ts';
import { CliError, type CliIo } from './io.ts';
import { onceText } from './once-text.ts';

export interface Opened {
  readonly config: Config;
  readonly places: LetterPlaces;
  readonly machine: Machine;
  readonly stop: AbortSignal;
}

/** A stop that was asked for is no fault. */
export async function withPlaces<Answer>(io: CliIo, flags: ConfigFlags, use: (opened: Opened) => Promise<Answer>): Promise<Answer> {
  const { config } = await requireConfig(io, flags);
  // Loaded only here: the other commands need no database driver.
  const { openPlaces } = await import('../dead-letters/places.ts');
  const machine = await io.machine();
  const stop = io.stopSignal();
  const told = (error: unknown): unknown => {
    if (stop.aborted) return new CliError(130, 'Interrupted.');
    return error instanceof SinkError ? new CliError(1, onceText(error.message)) : error;
  };
  let places: LetterPlaces | undefined;
  try {
    places = openPlaces(config, machine, ({ where, reason }) => io.err(`Passed over what is no dead letter: ${where} (${reason}).\n`));
    return await use({ config, places, machine, stop });
  } catch (error) {
    throw told(error);
  } finally {
    await places?.close();
  }
}
