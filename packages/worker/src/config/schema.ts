// The one description of `shardfold.yaml`: names, types, defaults, bounds and what each option means. Types, checks, the JSON
// Schema and `config print` come from here. It speaks as people write (`10s`, `4MiB`) and knows neither files nor environments.
import { z } from 'zod';
import { duration, endpoint, size, whole } from './schema-parts.ts';
import { deadLetters, sink, table } from './schema-targets.ts';

/** Marks a value that is shown nowhere. */
const secret = { writeOnly: true };
const startRule = 'must be trim-horizon, latest or a time with its zone';
const tableName = /^[A-Za-z0-9_.-]{3,255}$/;
const streamName =
  /^(?:[A-Za-z0-9_.*?-]{1,255}|arn:[a-z0-9-]+:kinesis:[a-z0-9-]+:\d{12}:stream\/[A-Za-z0-9_.-]{1,128}|arn:[a-z0-9-]+:dynamodb:[a-z0-9-]+:\d{12}:table\/[A-Za-z0-9_.-]{3,255}(?:\/stream\/[0-9T:.-]{1,40})?)$/;
const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** A name, an ARN, or a pattern with `*` and `?`. */
const stream = z.string().regex(streamName, { error: "must be a stream's name or ARN (or a table's), or a pattern with * and ?" });

const aws = z.strictObject({
  region: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "Default: from the AWS SDK's own chain.", examples: ['eu-west-1'] }),
  endpoint: endpoint
    .optional()
    .meta({ description: 'Every AWS service; source.endpoint and lease.endpoint override it.', examples: ['http://127.0.0.1:4566'] }),
});

const source = z.strictObject({
  kind: z.enum(['kinesis', 'dynamodb-streams']).default('kinesis').meta({ description: 'Where the changes come from.' }),
  endpoint: endpoint.optional().meta({ description: 'Of the stream, where it is not aws.endpoint.' }),
  streams: z
    .array(stream)
    .min(1)
    .refine((streams) => new Set(streams).size === streams.length, { error: 'names a stream twice' })
    .meta({ description: 'Names, ARNs, or patterns with * and ?.', examples: [['orders-cdc'], ['orders-*', 'customers']] }),
  start: z
    .union([z.enum(['trim-horizon', 'latest']), z.string().regex(isoTime, { error: startRule })], { error: startRule })
    .superRefine((text, context) => {
      if (isoTime.test(text) && Number.isNaN(Date.parse(text)))
        context.addIssue({ code: 'custom', message: 'is no time that exists', params: { suggestion: 'for example 2026-11-01T00:00:00Z' } });
    })
    .meta({
      description: 'Where a fleet without positions starts: trim-horizon, latest or a time. There is no default: both would surprise somebody.',
      examples: ['trim-horizon', 'latest', '2026-11-01T00:00:00Z'],
    }),
  mode: z
    .enum(['polling', 'fan-out', 'auto'])
    .default('polling')
    .meta({ description: 'auto: fan-out, and polling where its registration is refused. Fan-out costs extra.' }),
  format: z
    .enum(['auto', 'dynamodb', 'dynamodb-streams', 'dms', 'debezium', 'maxwell', 'mongodb', 'mysql-rows', 'rows'])
    .default('auto')
    .meta({ description: 'The wire format; `shardfold formats` lists them.' }),
  pollInterval: duration({ min: '1ms', max: '1h' })
    .default('1s')
    .meta({ description: 'Between two reads of a shard that had nothing more.', examples: ['1s'] }),
  limits: z.enum(['aws', 'none']).default('aws').meta({ description: 'none: for emulators, which have no limits per shard.' }),
  bufferBytes: size({ min: '1MiB', max: '64GiB' })
    .default('64MiB')
    .meta({ description: 'Records in memory, all shards together.', examples: ['64MiB'] }),
  onGap: z.enum(['stop', 'continue']).default('stop').meta({ description: "When a position is older than the stream's retention: continue counts it." }),
});

const lease = z.strictObject({
  table: z
    .string()
    .regex(tableName, { error: 'must be 3 to 255 letters, digits, "_", "-" or "."' })
    .optional()
    .meta({ description: "The DynamoDB table of the fleet's leases. Default: the application.", examples: ['orders-to-postgres'] }),
  endpoint: endpoint.optional().meta({ description: 'Of DynamoDB, where it is not aws.endpoint.' }),
  duration: duration({ min: '500ms', max: '1h' })
    .default('10s')
    .meta({ description: 'How long a worker may be silent before others take its shards.', examples: ['10s'] }),
  maxPerWorker: whole(1, 100_000)
    .default(1000)
    .meta({ description: 'Shards a worker takes at most.', examples: [1000] }),
});

const checkpoint = z.strictObject({
  interval: duration({ min: '50ms', max: '1h' })
    .default('5s')
    .meta({ description: 'Positions are saved this often,', examples: ['5s'] }),
  records: whole(1, 10_000_000)
    .default(5000)
    .meta({ description: 'or after so many records of a shard.', examples: [5000] }),
});

const http = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('0.0.0.0')
    .meta({ description: 'The address to listen on.', examples: ['127.0.0.1'] }),
  port: whole(0, 65_535)
    .default(9400)
    .meta({ description: '0: a free one.', examples: [9400] }),
  token: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Protects all but the probes.', examples: [`\${TOKEN}`], ...secret }),
});

/** `shardfold.yaml` with its defaults, as people write it. */
export const documentSchema = z
  .strictObject({
    version: z.literal(1).default(1).meta({ description: "Of this file's form." }),
    application: z
      .string()
      .regex(tableName, { error: 'must be 3 to 255 letters, digits, "_", "-" or "."' })
      .meta({ description: 'Names the fleet and, unless lease.table says otherwise, its lease table.', examples: ['orders-to-postgres'] }),
    aws: aws.prefault({}).meta({ description: "The SDK's own chain fills what is absent." }),
    source: source.meta({ description: 'What is read.' }),
    lease: lease.prefault({}).meta({ description: 'How the workers share the shards.' }),
    checkpoint: checkpoint.prefault({}).meta({ description: 'How often positions are saved.' }),
    sinks: z
      .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, { error: 'a sink\'s name must be letters, digits, "_" or "-"' }), sink)
      .meta({ description: 'Databases by a name of your choice.', examples: [{ main: { kind: 'postgres', url: `\${DATABASE_URL}` } }] }),
    tables: z.array(table).max(10_000).default([]).meta({ description: 'Without it every source table goes to a table of its own name in the only sink.' }),
    deadLetters: deadLetters.prefault({}).meta({ description: 'Where records go that cannot be applied.' }),
    http: http.prefault({}).meta({ description: 'Probes, metrics and the status page.' }),
    shutdown: z
      .strictObject({
        drain: duration({ min: '0s', max: '1h' })
          .default('25s')
          .meta({ description: 'The longest that a stop may take.', examples: ['25s'] }),
      })
      .prefault({})
      .meta({ description: 'How a worker stops.' }),
    log: z
      .strictObject({
        level: z.enum(['debug', 'info', 'warn', 'error']).default('info').meta({ description: 'The least that is told.' }),
        format: z
          .enum(['json', 'pretty'])
          .optional()
          .meta({ description: 'Default: pretty on a terminal, else json.', examples: ['json'] }),
      })
      .prefault({})
      .meta({ description: 'On stderr.' }),
  })
  .meta({ title: 'shardfold.yaml' });

export type Document = z.output<typeof documentSchema>;

/** The JSON Schema of the file, for editors. */
export function configJsonSchema(): unknown {
  return z.toJSONSchema(documentSchema, { io: 'input', target: 'draft-2020-12' });
}
