// Amazon's own DynamoDB Local for tests: conditions and their answers as the service has them.
import { type ServerFromScript, startFromScript } from './server-from-script.ts';

export function startDynamoDbLocal(): Promise<ServerFromScript> {
  return startFromScript('dynamodb-local.sh');
}
