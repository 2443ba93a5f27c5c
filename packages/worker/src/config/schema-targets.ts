// Where changes go, as `shardfold.yaml` describes it: databases, tables, and the place of dead letters.
import { addressProblem, defaultBookkeeping } from '@shardfold/sinks';
import { z } from 'zod';
import { duration, endpoint, names, url, whole } from './schema-parts.ts';

/** What an address of each kind begins with, and one for the eye. */
const sinkUrls = {
  postgres: [/^postgres(?:ql)?:\/\//i, 'postgres://user:password@host:5432/database'],
  cratedb: [/^https?:\/\//i, 'http://user:password@host:4200/schema'],
  mysql: [/^(?:mysql|mariadb):\/\//i, 'mysql://user:password@host:3306/database'],
  sqlite: [/^(?:sqlite|file):./i, 'sqlite:./orders.db'],
  mongodb: [/^mongodb(?:\+srv)?:\/\//i, 'mongodb://user:password@host:27017/database'],
} as const;

export const sink = z
  .strictObject({
    kind: z
      .enum(['postgres', 'cratedb', 'mysql', 'sqlite', 'mongodb'])
      .meta({ description: 'The database. mysql is MariaDB too, and mongodb is FerretDB.', examples: ['postgres'] }),
    url: z.string().meta({ description: 'The address of the database with user and password. The password is shown nowhere.', examples: [`\${DATABASE_URL}`] }),
    poolMax: whole(1, 1_000, 'connections')
      .optional()
      .meta({ description: 'Connections that one worker opens at most. Not set: what its writes use.', examples: [4] }),
  })
  .superRefine(({ kind, url: text }, context) => {
    const [pattern, like] = sinkUrls[kind];
    const problem = pattern.test(text) ? addressProblem(kind, text) : '';
    if (problem === undefined) return;
    const suggestion = problem === '' ? `for example ${like}` : problem;
    context.addIssue({ code: 'custom', path: ['url'], message: `must be an address of ${kind}`, params: { suggestion } });
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
    .meta({ description: 'Which source tables: a glob over `table` or `schema.table`. The first entry that matches decides.', examples: ['orders'] }),
  sink: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'The name of the sink. Not set: the only one.', examples: ['main'] }),
  target: z
    .string()
    .min(1)
    .default('{table}')
    .meta({ description: "The table to write to; `{table}` stands for the source's name.", examples: ['public.orders'] }),
  layout: z
    .enum(['document', 'columns'])
    .default('document')
    .meta({ description: 'document: key columns and one data column. columns: one for each attribute.' }),
  key: names
    .min(1)
    .optional()
    .meta({ description: 'Key columns, only where the format does not carry them.', examples: [['id']] }),
  keyless: z.enum(['append', 'dead-letter']).default('append').meta({
    description:
      'What becomes of a table that has no key at all. append: inserts become rows by their place in the stream, updates and deletes dead letters. dead-letter: all of it.',
  }),
  deletes: z.enum(['hard', 'soft']).default('hard').meta({ description: 'What a delete does. hard: the row is gone. soft: it stays and is marked.' }),
  truncate: z
    .enum(['apply', 'ignore'])
    .default('apply')
    .meta({ description: 'What a truncate does. apply: the target is emptied too. ignore: it is counted as filtered.' }),
  createTables: z
    .boolean()
    .default(true)
    .meta({ description: 'Whether tables and columns that are missing are made. false: the error carries the DDL to run.' }),
  tombstones: z
    .strictObject({
      retention: duration({ min: '1s', max: '3650d' })
        .default('8d')
        .meta({
          description: "How long a delete is remembered, so that an older change does not bring the row back; longer than the stream's retention.",
          examples: ['8d'],
        }),
    })
    .prefault({})
    .meta({ description: 'What is kept of rows that are gone.' }),
  where: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .meta({
      description:
        'Only changes that have all these values are written, the rest is counted as filtered. A name is eventSource, kind, database, schema, or a column.',
      examples: [{ eventSource: 'aws:dynamodb' }],
    }),
  columns: z
    .strictObject({
      drop: names.default([]).meta({ description: 'Attributes that are left out.', examples: [['ssn']] }),
      rename: z
        .record(z.string(), z.string().min(1))
        .default({})
        .meta({ description: 'Attributes by their names in the target.', examples: [{ ts: 'created_at' }] }),
    })
    .prefault({})
    .meta({ description: 'Which attributes are written, and under which names.' }),
  bookkeeping: bookkeeping.prefault({}).meta({ description: "Names of the columns that are kept beside the row's own, where an attribute has one of them." }),
});

export const deadLetters = z.strictObject({
  kind: z.enum(['sink', 'file', 's3', 'sqs', 'stop']).default('sink').meta({
    description:
      'Where they are kept. sink: in a table beside the data. file, s3, sqs: where the options below say. stop: nowhere, and the worker ends at the first.',
  }),
  path: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Of file: the file of JSON lines.', examples: ['/var/lib/shardfold/dead-letters.jsonl'] }),
  bucket: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Of s3: the bucket.', examples: ['orders-dead-letters'] }),
  prefix: z
    .string()
    .optional()
    .meta({ description: 'Of s3: what the keys of the objects begin with.', examples: ['orders/'] }),
  queueUrl: url(/^https?:$/, 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dead-letters')
    .optional()
    .meta({ description: 'Of sqs: the queue.', examples: ['https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dead-letters'] }),
  region: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Of s3 and sqs: the region, where it is not aws.region.', examples: ['eu-west-1'] }),
  endpoint: endpoint.optional().meta({ description: 'Of s3 and sqs: the address, where it is not aws.endpoint.', examples: ['http://127.0.0.1:4566'] }),
});
