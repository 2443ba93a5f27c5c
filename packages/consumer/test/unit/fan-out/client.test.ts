// Which HTTP a client for fan-out speaks.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createFanOutClient, type FanOutAccess } from '../../../src/fan-out/client.ts';

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test.each<[string, FanOutAccess, string]>([
  ['AWS', {}, 'h2'],
  ['an endpoint with TLS', { endpoint: 'https://localhost:4567' }, 'h2'],
  ['an endpoint in clear text', { endpoint: 'http://localhost:4567' }, 'http/1.1'],
  ['an endpoint with TLS that is said to speak HTTP/1.1', { endpoint: 'https://localhost:4567', http2: false }, 'http/1.1'],
  ['an endpoint in clear text that is said to speak HTTP/2', { endpoint: 'http://localhost:4567', http2: true }, 'h2'],
])('%s', (_, access, protocol) => {
  const client = createFanOutClient({ region: 'us-east-1', ...access });
  expect(client.config.requestHandler.metadata).toEqual({ handlerProtocol: protocol });
  client.destroy();
});
