// Which AWS actions the sources can ask for, read from their imports of the SDK's commands. It judges nothing.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../../../packages/', import.meta.url));
/** Plays AWS on one machine; what it asks for, it asks itself. */
const ownAws = 'embedded';
const prefixes: Readonly<Record<string, string>> = { kinesis: 'kinesis', dynamodb: 'dynamodb', 'dynamodb-streams': 'dynamodb', s3: 's3', sqs: 'sqs' };
/** Requests that a policy knows by the name of another one. */
const named: Readonly<Record<string, string>> = { 's3:HeadObject': 's3:GetObject', 's3:ListObjectsV2': 's3:ListBucket' };

export interface Source {
  /** From `packages/`. */
  readonly path: string;
  readonly text: string;
}

export function sources(): readonly Source[] {
  return readdirSync(packages)
    .filter((name) => name !== ownAws)
    .flatMap((name) => readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' }).map((file) => join(name, 'src', file)))
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, text: readFileSync(join(packages, path), 'utf8') }));
}

function actionOf(client: string, command: string): string {
  const prefix = prefixes[client];
  if (prefix === undefined) throw new Error(`No policy is known for the SDK's client-${client}. Add it here and to deploy/iam.`);
  const action = `${prefix}:${prefix === 'sqs' ? command.replace(/Batch$/, '') : command}`;
  return named[action] ?? action;
}

/** Commands of `import { AbcCommand } from '@aws-sdk/client-x'`, and of `new sdk.AbcCommand` where the SDK comes at run time. */
export function actionsIn({ text }: Source): readonly string[] {
  const found: string[] = [];
  for (const [, names = '', client = ''] of text.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([a-z0-9-]+)'/g))
    for (const [, command = ''] of names.matchAll(/(?<!type )\b([A-Z]\w*)Command\b/g)) found.push(actionOf(client, command));
  const late = /typeof import\('@aws-sdk\/client-([a-z0-9-]+)'\)/.exec(text)?.[1];
  if (late !== undefined) for (const [, command = ''] of text.matchAll(/\bsdk\.(\w+)Command\b/g)) found.push(actionOf(late, command));
  return found;
}
