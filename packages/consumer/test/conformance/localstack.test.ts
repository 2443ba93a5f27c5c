// The polling source passes the suite of every shard source on LocalStack, whose Kinesis is kinesis-local behind a gateway of its own:
// on an empty shard every iterator begins at the start, and nothing is throttled or trimmed. The gateway cuts the time of an
// AT_TIMESTAMP to whole seconds. CI requires it; elsewhere it is
// skipped by name where Python, a JDK or Maven are missing. One start for all; the first one installs it.
import { afterAll, afterEach, beforeAll, beforeEach, test, vi } from 'vitest';
import { startLocalStack } from '../../../../test/servers/localstack.ts';
import type { ServerFromScript } from '../../../../test/servers/server-from-script.ts';
import { shardSourceConformance } from '../../src/testing/index.ts';
import { streamOnEmulator } from '../support/streams-on-emulators.ts';

const installTimeoutMs = 900_000;
const cannot = { 'exact-times': 'the gateway cuts times to whole seconds' };

let server: ServerFromScript = { skipped: 'it was not looked for' };
let streams = 0;
beforeAll(async () => {
  server = await startLocalStack();
  if ('skipped' in server && process.env.CI === 'true') throw new Error(`CI requires LocalStack: ${server.skipped}`);
}, installTimeoutMs);
afterAll(async () => {
  if ('stop' in server) await server.stop();
});
beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

for (const { name, skip, run } of shardSourceConformance((budget) => {
  if ('skipped' in server) throw new Error(server.skipped);
  streams += 1;
  return streamOnEmulator(server.url, `conformance-${streams}`, budget);
}, cannot))
  test(`on LocalStack: ${name}`, (context) => {
    const reason = 'skipped' in server ? `LocalStack is not to be had: ${server.skipped}` : skip;
    return reason === undefined ? run() : context.skip(reason);
  });
