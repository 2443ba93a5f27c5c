// The servers and jars that all scenarios share, or the reason why they are not to be had. It knows no scenario.
import { startKinesis } from '@shardfold/embedded';
import { startDynamoDbLocal } from '../../servers/dynamodb-local.ts';
import { installKcl, type KclVersion } from './kcl-worker.ts';

export interface Rig {
  readonly kinesisUrl: string;
  readonly dynamoUrl: string;
  readonly classpaths: Readonly<Record<KclVersion, string>>;
  stop(): Promise<void>;
}

export async function startRig(): Promise<Rig | { readonly skipped: string }> {
  // One after the other: at the first time they download the same jars.
  const two = await installKcl('2.7.2');
  if (typeof two !== 'string') return two;
  const three = await installKcl('3.5.1');
  if (typeof three !== 'string') return three;
  const dynamo = await startDynamoDbLocal();
  if ('skipped' in dynamo) return dynamo;
  const kinesis = await startKinesis({ flavour: 'semantics' }).catch(async (error: unknown) => {
    await dynamo.stop();
    throw error;
  });
  return {
    kinesisUrl: kinesis.url,
    dynamoUrl: dynamo.url,
    classpaths: { '2.7.2': two, '3.5.1': three },
    async stop() {
      await Promise.all([kinesis.stop(), dynamo.stop()]);
    },
  };
}
