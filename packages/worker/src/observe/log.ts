// Log lines for people or machines. It knows where they go only as something that can be written to, and no event.
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';

export type Fields = Readonly<Record<string, unknown>>;

/** `fields` hold plain data; an `Error` under `error` is written as its message and code. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** Whose level can be changed while the program runs. */
export interface LevelledLog extends Log {
  level(): string;
  /** With a line that is written whatever the levels are. */
  setLevel(level: LogLevel, message: string, fields?: Fields): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  readonly destination: { write(line: string): unknown };
  readonly colour?: boolean;
}

function plain(fields: Fields): Fields {
  if (!(fields.error instanceof Error)) return fields;
  const { error, ...rest } = fields;
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { ...rest, error: error.message, ...code };
}

/** Every line is written before the call returns, so that nothing is lost at the end of the process. */
export function createLog(options: LogOptions): LevelledLog {
  const { level, format, destination } = options;
  const prettify = prettyFactory({ colorize: options.colour ?? false, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' });
  const sink = format === 'json' ? destination : { write: (line: string) => destination.write(prettify(line)) };
  const logger = pino(
    { level, base: null, formatters: { level: (label) => ({ level: label }) }, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line) => void sink.write(line) },
  );
  return {
    debug: (message, fields = {}) => logger.debug(plain(fields), message),
    info: (message, fields = {}) => logger.info(plain(fields), message),
    warn: (message, fields = {}) => logger.warn(plain(fields), message),
    error: (message, fields = {}) => logger.error(plain(fields), message),
    level: () => logger.level,
    setLevel(to, message, fields = {}) {
      logger.level = 'info';
      logger.info(plain(fields), message);
      logger.level = to;
    },
  };
}
