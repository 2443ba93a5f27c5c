// The one description of `shardfold.yaml`: names, types, defaults, bounds and what each option means. Types, checks, the JSON
// Schema and `config print` come from here. It speaks as people write (`10s`, `4MiB`) and knows neither files nor environments.
import { z } from 'zod';
import { duration, endpoint, size, sorts, whole } from './schema-parts.ts';
import { deadLetters, sink, table } from './schema-targets.ts';

/** Marks a value that is shown nowhere. */
const secret = { writeOnly: true };
const startRule = 'must be trim-horizon, latest or a time with its zone';
const tableName = /^[A-Za-z0-9_.-]{3,255}$/;
const streamName =
  /^(?:[A-Za-z0-9_.*?-]{1,255}|arn:[a-z0-9-]+:kinesis:[a-z0-9-]+:\d{12}:stream\/[A-Za-z0-9_.-]{1,128}|arn:[a-z0-9-]+:dynamodb:[a-z0-9-]+:\d{12}:table\/[A-Za-z0-9_.-]{3,255}(?:\/stream\/[0-9T:.-]{1,40})?)$/;
export const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** A name, an ARN, or a pattern with `*` and `?`. */
const stream = z.string().regex(streamName, { error: "must be a stream's name or ARN (or a table's), or a pattern with * and ?" });

const aws = z.strictObject({
  region: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "The region of every AWS service. Not set: from the AWS SDK's own chain.", examples: ['eu-west-1'] }),
  endpoint: endpoint.optional().meta({
    description: 'The address of every AWS service; source.endpoint and lease.endpoint override it. Not set: those of AWS.',
    examples: ['http://127.0.0.1:4566'],
  }),
});

const source = z.strictObject({
  kind: z
    .enum(['kinesis', 'dynamodb-streams'])
    .default('kinesis')
    .meta({ description: 'Where the changes come from: Kinesis Data Streams, or the streams that DynamoDB tables have themselves.' }),
  endpoint: endpoint
    .optional()
    .meta({ description: 'The address of Kinesis or DynamoDB Streams, where it is not aws.endpoint.', examples: ['http://127.0.0.1:4566'] }),
  streams: z
    .array(stream)
    .min(1)
    .refine((streams) => new Set(streams).size === streams.length, { error: 'names a stream twice' })
    .meta({ description: 'What is read: names, ARNs, or patterns with * and ?. Of DynamoDB: tables.', examples: [['orders-cdc'], ['orders-*', 'customers']] }),
  start: z
    .union([z.enum(['trim-horizon', 'latest']), z.string().regex(isoTime, { error: startRule }).register(sorts, { name: 'time with its zone' })], {
      error: startRule,
    })
    .superRefine((text, context) => {
      if (isoTime.test(text) && Number.isNaN(Date.parse(text)))
        context.addIssue({ code: 'custom', message: 'is no time that exists', params: { suggestion: 'for example 2026-11-01T00:00:00Z' } });
    })
    .meta({
      description:
        'Where a fleet without positions starts: trim-horizon is the oldest record that the stream still has, latest what comes from now on. There is no default: both would surprise somebody.',
      examples: ['trim-horizon', 'latest', '2026-11-01T00:00:00Z'],
    }),
  mode: z.enum(['polling', 'fan-out', 'auto']).default('polling').meta({
    description: 'How Kinesis is read. fan-out: a read rate of its own, which costs extra. auto: fan-out, and polling where its registration is refused.',
  }),
  format: z
    .enum(['auto', 'dynamodb', 'dynamodb-streams', 'dms', 'debezium', 'maxwell', 'mongodb', 'mysql-rows', 'rows'])
    .default('auto')
    .meta({ description: 'The wire format of the records; `shardfold formats` tells of each. auto: by the record itself.' }),
  pollInterval: duration({ min: '1ms', max: '1h' })
    .default('1s')
    .meta({ description: 'The time between two reads of a shard that had nothing more.', examples: ['1s'] }),
  limits: z
    .enum(['aws', 'none'])
    .default('aws')
    .meta({ description: 'aws: reading keeps to the limits that AWS sets each shard. none: for emulators, which have none.' }),
  bufferBytes: size({ min: '1MiB', max: '64GiB' })
    .default('64MiB')
    .meta({ description: 'Records in memory, all shards of a worker together; above it, reading waits.', examples: ['64MiB'] }),
  onGap: z.enum(['stop', 'continue']).default('stop').meta({
    description:
      'When a position is older than what the stream still has. stop: the shard is not read, and the log says from when to when data is missing. continue: the gap is counted and reading goes on after it.',
  }),
});

const lease = z.strictObject({
  table: z
    .string()
    .regex(tableName, { error: 'must be 3 to 255 letters, digits, "_", "-" or "."' })
    .optional()
    .meta({ description: "The DynamoDB table of the fleet's leases. Not set: the application's name.", examples: ['orders-to-postgres'] }),
  endpoint: endpoint.optional().meta({ description: 'The address of DynamoDB, where it is not aws.endpoint.', examples: ['http://127.0.0.1:8000'] }),
  duration: duration({ min: '500ms', max: '1h' })
    .default('10s')
    .meta({ description: 'How long a worker may be silent before others take its shards.', examples: ['10s'] }),
  maxPerWorker: whole(1, 100_000, 'shards')
    .default(1000)
    .meta({ description: 'Shards that a worker takes at most.', examples: [1000] }),
  joinDelay: duration({ min: '0s', max: '1h' })
    .default('0s')
    .meta({
      description:
        'How long a new worker keeps to one shard before it asks the others for its share. In a roll-out whoever leaves gives its shards to who is new: each moves once if the old worker goes before this is over.',
      examples: ['30s'],
    }),
});

const checkpoint = z.strictObject({
  interval: duration({ min: '50ms', max: '1h' })
    .default('5s')
    .meta({ description: 'How often the position of a shard is saved.', examples: ['5s'] }),
  records: whole(1, 10_000_000, 'records')
    .default(5000)
    .meta({ description: 'The position is saved earlier after so many records of a shard.', examples: [5000] }),
});

const http = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('0.0.0.0')
    .meta({ description: 'The address to listen on.', examples: ['127.0.0.1'] }),
  port: whole(0, 65_535)
    .default(9400)
    .meta({ description: 'The port to listen on; 0 is a free one.', examples: [9400] }),
  token: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'A bearer token that all but the probes then ask for.', examples: [`\${TOKEN}`], ...secret }),
});

/** `shardfold.yaml` with its defaults, as people write it. */
export const documentSchema = z
  .strictObject({
    version: z.literal(1).default(1).meta({ description: "The version of this file's form." }),
    application: z
      .string()
      .regex(tableName, { error: 'must be 3 to 255 letters, digits, "_", "-" or "."' })
      .meta({ description: 'The name of the fleet and, unless lease.table says otherwise, of its lease table.', examples: ['orders-to-postgres'] }),
    aws: aws.prefault({}).meta({ description: "Where AWS is. The SDK's own chain fills what is absent." }),
    source: source.meta({ description: 'What is read.' }),
    lease: lease.prefault({}).meta({ description: 'How the workers share the shards.' }),
    checkpoint: checkpoint.prefault({}).meta({ description: 'How often positions are saved.' }),
    sinks: z
      .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, { error: 'a sink\'s name must be letters, digits, "_" or "-"' }), sink)
      .meta({ description: 'Databases by a name of your choice.', examples: [{ main: { kind: 'postgres', url: `\${DATABASE_URL}` } }] }),
    tables: z
      .array(table)
      .max(10_000)
      .default([])
      .meta({ description: 'Which source table goes where, and how. Without it every source table goes to a table of its own name in the only sink.' }),
    deadLetters: deadLetters.prefault({}).meta({ description: 'Where records go that cannot be applied.' }),
    http: http.prefault({}).meta({ description: 'Probes, metrics and the status page.' }),
    shutdown: z
      .strictObject({
        drain: duration({ min: '0s', max: '1h' })
          .default('25s')
          .meta({ description: 'How long a stop waits for what is in flight to be written and saved.', examples: ['25s'] }),
        grace: duration({ min: '10s', max: '1d' })
          .optional()
          .meta({
            description:
              'The time between SIGTERM and SIGKILL, where you want it checked: a worker does not start when the drain and 10 s do not fit into it. Of Kubernetes: terminationGracePeriodSeconds.',
            examples: ['45s'],
          }),
      })
      .prefault({})
      .meta({ description: 'How a worker stops.' }),
    log: z
      .strictObject({
        level: z
          .enum(['debug', 'info', 'warn', 'error'])
          .default('info')
          .meta({ description: 'The least severe lines that are written. SIGHUP has a worker without a terminal read it again.' }),
        format: z
          .enum(['json', 'pretty'])
          .optional()
          .meta({ description: 'json: a line is an object. pretty: for the eye. Not set: pretty on a terminal, else json.', examples: ['json'] }),
      })
      .prefault({})
      .meta({ description: 'What is written to stderr.' }),
  })
  .meta({ title: 'shardfold.yaml' });

export type Document = z.output<typeof documentSchema>;

/** The JSON Schema of the file, for editors. */
export function configJsonSchema(): unknown {
  return z.toJSONSchema(documentSchema, { io: 'input', target: 'draft-2020-12' });
}
