// LocalStack for tests: DynamoDB with change streams into Kinesis, in AWS's record shape.
import { type ServerFromScript, startFromScript } from './server-from-script.ts';

export function startLocalStack(): Promise<ServerFromScript> {
  return startFromScript('localstack.sh');
}
