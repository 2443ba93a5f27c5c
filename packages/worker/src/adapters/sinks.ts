// Makes the sinks and the place for dead letters that a configuration names. The one file of this program that knows the databases by
// name.
import type { Machine } from '@shardfold/consumer';
import {
  createCrateSink,
  createFileDeadLetters,
  createMongoSink,
  createMysqlSink,
  createPostgresSink,
  createS3DeadLetters,
  createSqliteSink,
  createSqsDeadLetters,
  type DeadLetterPlace,
  type OnUnreadable,
  type Sink,
} from '@shardfold/sinks';
import type { Config, DeadLetterConfig, SinkConfig } from '../config/config.ts';

const makers = {
  postgres: createPostgresSink,
  cratedb: createCrateSink,
  mysql: createMysqlSink,
  sqlite: createSqliteSink,
  mongodb: createMongoSink,
} as const;

/** Whether anything of this sink's may end as a dead letter in its database; what is meant for no sink goes to the first. */
export function keepsLetters(name: string, { deadLetters, sinks, tables }: Config): boolean {
  return deadLetters.kind === 'sink' && (Object.keys(sinks)[0] === name || tables.some(({ sink }) => sink === name));
}

/** Nothing is contacted before `open`. `letters`: `open` makes or checks the place of dead letters, too. */
export function createSink(name: string, { kind, url, poolMax }: SinkConfig, config: Config, machine: Machine, letters = true): Sink {
  const createTables = config.tables.some((table) => table.sink === name && table.createTables);
  return makers[kind]({ url, application: config.application, machine, createTables, keepsLetters: letters, ...(poolMax === undefined ? {} : { poolMax }) });
}

/** Undefined: letters go to the sinks, or nowhere. */
export function createLetterPlace(config: DeadLetterConfig, machine: Machine, onUnreadable: OnUnreadable): DeadLetterPlace | undefined {
  switch (config.kind) {
    case 'file':
      return createFileDeadLetters({ path: config.path, timers: machine.timers, onUnreadable });
    case 's3':
      return createS3DeadLetters({ ...config.access, bucket: config.bucket, prefix: config.prefix, onUnreadable });
    case 'sqs':
      return createSqsDeadLetters({ ...config.access, queueUrl: config.queueUrl, timers: machine.timers, onUnreadable });
    default:
      return undefined;
  }
}
