// deploy/iam: the policies allow what the code can ask for, way by way, and nothing else; the guides name the same actions.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { consumerNameOf } from '../../packages/consumer/src/fan-out/register.ts';
import { actionsIn, sources } from './support/aws-calls.ts';

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'deploy/iam');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const policies = new Map(
  files.map((file) => [
    file.slice(0, -'.json'.length),
    JSON.parse(readFileSync(join(folder, file), 'utf8')) as { readonly Version: string; readonly Statement: readonly Statement[] },
  ]),
);
const code = sources();
/** Allowed beside the calls: the key that Kinesis decrypts with, and the tags that CreateTable carries. */
const noCalls = ['kms:Decrypt', 'dynamodb:TagResource'];
/** IAM's limit for a policy in characters, white space left out. */
const policyCharsMax = 6_144;

function allowed(...names: readonly string[]): readonly string[] {
  const actions = names.flatMap((name) => policies.get(name)?.Statement.flatMap(({ Action }) => Action) ?? [`no policy ${name}`]);
  return [...new Set(actions)].sort();
}

function asked(...places: readonly string[]): readonly string[] {
  const there = code.filter(({ path }) => places.some((place) => path.startsWith(place)));
  return [...new Set(there.flatMap(actionsIn))].sort();
}

const called = (actions: readonly string[]) => actions.filter((action) => !noCalls.includes(action));

describe('the code asks for what the policies allow, and they for nothing else', () => {
  test.each([
    ['Kinesis', ['consumer/src/kinesis/'], ['polling', 'patterns'], 'kinesis:'],
    ['fan-out', ['consumer/src/fan-out/'], ['fan-out'], 'kinesis:'],
    ['DynamoDB Streams', ['consumer/src/dynamodb-streams/'], ['dynamodb-streams', 'patterns'], 'dynamodb:'],
    ['the lease table', ['lease/src/'], ['lease-table', 'table-creation'], 'dynamodb:'],
    ['dead letters in S3', ['sinks/src/dead-letters/s3/'], ['dead-letters-s3'], 's3:'],
    ['dead letters in SQS', ['sinks/src/dead-letters/sqs/'], ['dead-letters-sqs'], 'sqs:'],
  ] as const)('%s', (_, places, names, service) => {
    const ours = called(allowed(...names)).filter((action) => action.startsWith(service));
    expect(ours.length).toBeGreaterThan(0);
    expect(asked(...places)).toEqual(ours);
  });

  test('all of it', () => {
    const all = allowed(...policies.keys());
    expect(asked('')).toEqual(called(all));
    expect(all.length).toBe(asked('').length + noCalls.length);
  });

  test('the actions that doctor names are among them', () => {
    const named = code
      .filter(({ path }) => path.includes('doctor'))
      .flatMap(({ text }) => [...text.matchAll(/'((?:kinesis|dynamodb):\w+)'/g)].map(([, action]) => action));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((action) => action !== undefined && !allowed(...policies.keys()).includes(action))).toEqual([]);
  });

  test('no request is made past the commands of the SDK, but for what repeats the target of one', () => {
    expect(code.length).toBeGreaterThan(300);
    const past = code.filter(({ text }) => /x-amz-target/i.test(text)).map(({ path }) => path.slice(path.indexOf('lease/')));
    expect(past).toEqual(['lease/src/aws/route.ts']);
    expect(code.filter(({ text }) => /(Kinesis|DynamoDB|DynamoDBStreams)_\d{8}\./.test(text))).toEqual([]);
  });
});

describe.each([...policies])('%s', (_, { Version, Statement: statements }) => {
  test('has the shape that IAM takes', () => {
    expect(Version).toBe('2012-10-17');
    expect(new Set(statements.map(({ Sid }) => Sid)).size).toBe(statements.length);
    for (const { Sid, Effect, Action } of statements) {
      expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
      expect(Effect).toBe('Allow');
      for (const action of Action) expect(action).toMatch(/^[a-z0-9]+:[A-Z][A-Za-z0-9]+$/);
    }
    expect(JSON.stringify({ Version, Statement: statements }).length).toBeLessThan(policyCharsMax);
  });

  test('is for one resource of the same service, but for listings', () => {
    for (const { Action, Resource } of statements) {
      if (Resource === '*') expect(Action.filter((action) => !action.endsWith(':ListStreams'))).toEqual([]);
      else expect(new Set(Action.map((action) => action.split(':')[0]))).toEqual(new Set([Resource].flat().map((arn) => arn.split(':')[2])));
    }
  });
});

/** The policies that allow an action on an ARN, as IAM matches it: `*` is any characters, and names are put in for the words in capitals. */
function allowing(action: string, arn: string, names: Readonly<Record<string, string>>): readonly string[] {
  const filled = (text: string) => text.replaceAll(/\b[A-Z][A-Z_]+\b/g, (word) => names[word] ?? word);
  const covers = (pattern: string) => new RegExp(`^${filled(pattern).split('*').map(literal).join('.*')}$`).test(arn);
  return [...policies].flatMap(([name, { Statement: statements }]) =>
    statements.some(({ Action, Resource }) => Action.includes(action) && [Resource].flat().some(covers)) ? [name] : [],
  );
}

const literal = (text: string) => text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');

describe('the ARNs that AWS asks about', () => {
  const stream = 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders-cdc';
  const names = { REGION: 'eu-west-1', ACCOUNT: '123456789012', STREAM: 'orders-cdc', APPLICATION: 'orders-to-postgres' };
  const consumer = `${stream}/consumer/orders-to-postgres`;

  test.each([
    // A consumer is looked for by its name: AWS does not know yet when it was made.
    ['kinesis:DescribeStreamConsumer', consumer],
    ['kinesis:DescribeStreamConsumer', `${consumer}:1663667921`],
    ['kinesis:SubscribeToShard', `${consumer}:1663667921`],
    ['kinesis:RegisterStreamConsumer', stream],
  ])('%s on %s', (action, arn) => {
    expect(allowing(action, arn, names)).toEqual(['fan-out']);
  });

  test('the consumer of an application with a long name', () => {
    const application = 'a'.repeat(200);
    const long = { ...names, APPLICATION: `${application.slice(0, 119)}-*` };
    expect(allowing('kinesis:SubscribeToShard', `${stream}/consumer/${consumerNameOf(application)}:1663667921`, long)).toEqual(['fan-out']);
    expect(allowing('kinesis:DescribeStreamConsumer', `${stream}/consumer/${consumerNameOf(application)}`, long)).toEqual(['fan-out']);
  });

  test("another application's consumer is not among them", () => {
    expect(allowing('kinesis:DescribeStreamConsumer', `${consumer}-2`, names)).toEqual([]);
    expect(allowing('kinesis:SubscribeToShard', `${consumer}-2:1663667921`, names)).toEqual([]);
  });

  test('letters at the top of the bucket, where there is no prefix', () => {
    expect(allowing('s3:PutObject', 'arn:aws:s3:::letters/cdc/1.json', { BUCKET: 'letters', PREFIX: 'cdc' })).toEqual(['dead-letters-s3']);
    const top = policies.get('dead-letters-s3')?.Statement.flatMap(({ Resource }) => [Resource].flat().map((arn) => arn.replace('PREFIX/', '')));
    expect(top).toEqual(['arn:aws:s3:::BUCKET/*', 'arn:aws:s3:::BUCKET']);
  });
});

test("a letter that is not there yet is 404: the bucket's listing has no condition", () => {
  const [listing] = (policies.get('dead-letters-s3')?.Statement ?? []).filter(({ Action }) => Action.includes('s3:ListBucket'));
  expect(Object.keys(listing ?? {}).sort()).toEqual(['Action', 'Effect', 'Resource', 'Sid']);
});

test('the README tells when to take each', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  expect([...readme.matchAll(/^\| \[`([\w-]+\.json)`\]\(\1\)/gm)].map(([, file]) => file).sort()).toEqual([...files].sort());
});

test("the consumer's guide names the same actions", () => {
  const guide = readFileSync(join(root, 'docs/guide/consumer.md'), 'utf8');
  const section = guide.slice(guide.indexOf('## What the credentials must be allowed to do')).split('\n## ')[0] ?? '';
  const named = [...section.matchAll(/`((?:kinesis|dynamodb|kms):\w+)`/g)].map(([, action]) => action);
  const ours = allowed(...[...policies.keys()].filter((name) => !name.startsWith('dead-letters')));
  expect([...new Set(named)].sort()).toEqual(ours);
});
