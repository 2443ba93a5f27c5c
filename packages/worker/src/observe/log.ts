// Log lines for people or machines: each has the name of its event, whose worker it is, and what the list of events says it has. Text
// that anybody sent cannot end a line or reach a terminal as anything but text. It knows where lines go only as something that can be
// written to.
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { EventAt, FieldsOf, LogEvent, LogLevel } from './log-events.ts';
import { printable } from './printable.ts';

/** Nothing, where no field has to be there. */
type Rest<Event extends LogEvent> = object extends FieldsOf<Event> ? [fields?: FieldsOf<Event>] : [fields: FieldsOf<Event>];
type Say<Level extends LogLevel> = <Event extends EventAt<Level>>(event: Event, message: string, ...fields: Rest<Event>) => void;

/** A line that the list of events does not have, at this level and with these fields, is an error of types. */
export interface Log {
  readonly debug: Say<'debug'>;
  readonly info: Say<'info'>;
  readonly warn: Say<'warn'>;
  readonly error: Say<'error'>;
}

/** Whose level can be changed while the program runs. */
export interface LevelledLog extends Log {
  level(): string;
  /** With a line that is written whatever the levels are. */
  setLevel(level: LogLevel, message: string, fields: FieldsOf<'log-level-changed'>): void;
}

export interface LogOptions {
  /** Unique in the fleet. */
  readonly worker: string;
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  readonly destination: { write(line: string): unknown };
  readonly colour?: boolean;
}

/** The values that machines read stay as they are: what a terminal must not get is escaped, as JSON has it. */
function jsonLine(line: string): string {
  return `${printable(line.trimEnd())}\n`;
}

function prettyLine(colour: boolean): (line: string) => string {
  const prettify = prettyFactory({ colorize: colour, singleLine: true, ignore: 'event', translateTime: 'SYS:HH:MM:ss.l' });
  return (line) => {
    const { event, ...rest } = JSON.parse(line, (_, value: unknown) => (typeof value === 'string' ? printable(value) : value)) as { readonly event: string };
    // The place of a logger's name is the one before the message.
    return prettify({ ...rest, name: event });
  };
}

/** Every line is written before the call returns, so that nothing is lost at the end of the process. */
export function createLog({ worker, level, format, destination, colour = false }: LogOptions): LevelledLog {
  const shown = format === 'json' ? jsonLine : prettyLine(colour);
  const logger = pino(
    { level, base: { worker }, formatters: { level: (label) => ({ level: label }) }, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line) => void destination.write(shown(line)) },
  );
  const say =
    (at: LogLevel) =>
    (event: LogEvent, message: string, ...[fields]: readonly (object | undefined)[]): void =>
      logger[at]({ event, ...fields }, printable(message));
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    level: () => logger.level,
    setLevel(to, message, fields) {
      logger.level = 'info';
      say('info')('log-level-changed', message, fields);
      logger.level = to;
    },
  };
}
