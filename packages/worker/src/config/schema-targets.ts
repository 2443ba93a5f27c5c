// Where changes go, as `shardfold.yaml` describes it: databases, tables, and the place of dead letters.
import { defaultBookkeeping } from '@shardfold/sinks';
import { z } from 'zod';
import { duration, endpoint, names, url, whole } from './schema-parts.ts';

/** What an address of each kind begins with, and one for the eye. */
const sinkUrls = {
  postgres: [/^postgres(?:ql)?:\/\//i, 'postgres://user:password@host:5432/database'],
  cratedb: [/^(?:https?|crate):\/\//i, 'http://user:password@host:4200/schema'],
  mysql: [/^(?:mysql|mariadb):\/\//i, 'mysql://user:password@host:3306/database'],
  sqlite: [/^(?:sqlite|file):./i, 'sqlite:./orders.db'],
  mongodb: [/^mongodb(?:\+srv)?:\/\//i, 'mongodb://user:password@host:27017/database'],
} as const;

export const sink = z
  .strictObject({
    kind: z.enum(['postgres', 'cratedb', 'mysql', 'sqlite', 'mongodb']).meta({ description: 'The database. mysql is MariaDB too.', examples: ['postgres'] }),
    url: z.string().meta({ description: 'Its password is shown nowhere.', examples: [`\${DATABASE_URL}`] }),
    poolMax: whole(1, 1_000)
      .optional()
      .meta({ description: 'Connections of one worker at most. Default: what its writes use.', examples: [4] }),
  })
  .superRefine(({ kind, url: text }, context) => {
    const [pattern, like] = sinkUrls[kind];
    const wrong = !pattern.test(text) || (kind !== 'sqlite' && URL.parse(text) === null);
    if (wrong) context.addIssue({ code: 'custom', path: ['url'], message: `must be an address of ${kind}`, params: { suggestion: `for example ${like}` } });
  });

function columnName(fallback: string, description: string) {
  return z
    .string()
    .min(1)
    .max(60)
    .default(fallback)
    .meta({ description, examples: [fallback] });
}

const bookkeeping = z.strictObject({
  time: columnName(defaultBookkeeping.time, "The version's time, µs of the source's clock."),
  seq: columnName(defaultBookkeeping.seq, "The version's second half: the source's own order or the stream's."),
  deleted: columnName(defaultBookkeeping.deleted, 'Soft deletes: true once the row is gone at its source.'),
  partial: columnName(defaultBookkeeping.partial, 'Which columns came alone, and their versions.'),
  position: columnName(defaultBookkeeping.position, 'The key of a table that has none: the place in the stream.'),
  extra: columnName(defaultBookkeeping.extra, 'Layout columns: what fits no column.'),
});

export const table = z.strictObject({
  source: z
    .string()
    .min(1)
    .meta({ description: 'A glob over `table` or `schema.table`; the first entry that matches decides.', examples: ['orders'] }),
  sink: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Default: the only sink.', examples: ['main'] }),
  target: z
    .string()
    .min(1)
    .default('{table}')
    .meta({ description: "`{table}` stands for the source's name.", examples: ['public.orders'] }),
  layout: z
    .enum(['document', 'columns'])
    .default('document')
    .meta({ description: 'document: key columns and one data column. columns: one for each attribute.' }),
  key: names
    .min(1)
    .optional()
    .meta({ description: 'Key columns, only where the format does not carry them.', examples: [['id']] }),
  keyless: z.enum(['append', 'dead-letter']).default('append').meta({ description: 'Rows of a table that has no key at all.' }),
  deletes: z.enum(['hard', 'soft']).default('hard').meta({ description: 'hard: a deleted row is gone. soft: it is marked.' }),
  truncate: z.enum(['apply', 'ignore']).default('apply').meta({ description: 'ignore: counted as filtered.' }),
  createTables: z.boolean().default(true).meta({ description: 'false: the error carries the DDL to run.' }),
  tombstones: z
    .strictObject({
      retention: duration({ min: '1s', max: '3650d' })
        .default('8d')
        .meta({ description: "How long a delete is remembered; longer than the stream's retention.", examples: ['8d'] }),
    })
    .prefault({}),
  where: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .meta({ description: 'Filters; what is filtered is counted.', examples: [{ eventSource: 'aws:dynamodb' }] }),
  columns: z
    .strictObject({
      drop: names.default([]).meta({ description: 'Attributes left out.', examples: [['ssn']] }),
      rename: z
        .record(z.string(), z.string().min(1))
        .default({})
        .meta({ description: 'Attribute: its name in the target.', examples: [{ ts: 'created_at' }] }),
    })
    .prefault({}),
  bookkeeping: bookkeeping.prefault({}).meta({ description: "Names of the columns that are kept beside the row's own, where an attribute has one of them." }),
});

export const deadLetters = z.strictObject({
  kind: z
    .enum(['sink', 'file', 's3', 'sqs', 'stop'])
    .default('sink')
    .meta({ description: 'sink: a table beside the data. file, s3, sqs: what is named below. stop: the worker ends at the first.' }),
  path: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Of file: JSON lines.', examples: ['/var/lib/shardfold/dead-letters.jsonl'] }),
  bucket: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Of s3.', examples: ['orders-dead-letters'] }),
  prefix: z
    .string()
    .optional()
    .meta({ description: 'Of s3: what the keys of the objects begin with.', examples: ['orders/'] }),
  queueUrl: url(/^https?:$/, 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dead-letters')
    .optional()
    .meta({ description: 'Of sqs.', examples: ['https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dead-letters'] }),
  region: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Of s3 and sqs, where it is not aws.region.', examples: ['eu-west-1'] }),
  endpoint: endpoint.optional().meta({ description: 'Of s3 and sqs, where it is not aws.endpoint.' }),
});
