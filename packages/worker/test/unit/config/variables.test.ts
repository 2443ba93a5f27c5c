// Variables that begin as ours do and set nothing: which are a person's mistake, and which are somebody else's.
import { expect, test } from 'vitest';
import { faultLine } from '../../../src/config/faults.ts';
import { loadConfig } from '../../../src/config/load.ts';

const text = `application: orders
source: { streams: [s], start: latest }
sinks: { main: { kind: postgres, url: "postgres://h/d" } }
tables: [{ source: a }]
`;

test.each([
  ['SHARDFOLD_LEASE_DURATION', '20s', 'SHARDFOLD_LEASE__DURATION'],
  ['SHARDFOLD_LEASE_DURATON', '20s', 'SHARDFOLD_LEASE__DURATION'],
  ['SHARDFOLD_LOG_LEVEL', 'debug', 'SHARDFOLD_LOG__LEVEL'],
  ['SHARDFOLD_MAXPERWORKER', '3', undefined],
  ['SHARDFOLD_LEASE_MAXPERWORKER', '3', 'SHARDFOLD_LEASE__MAX_PER_WORKER'],
  ['SHARDFOLD_APLICATION', 'x', 'SHARDFOLD_APPLICATION'],
  ['SHARDFOLD_SOURCE_STREAMS', 's', 'SHARDFOLD_SOURCE__STREAMS'],
  ['SHARDFOLD_SINKS_MAIN_URL', 'postgres://h/d', 'SHARDFOLD_SINKS__MAIN__URL'],
  ['SHARDFOLD_TABLES_0_SINK', 'main', 'SHARDFOLD_TABLES__0__SINK'],
  ['SHARDFOLD_HTTP_PORT', '9401', 'SHARDFOLD_HTTP__PORT'],
  // Of a service that is named shardfold-http.
  ['SHARDFOLD_HTTP_PORT', 'tcp://10.0.0.1:9400', undefined],
  ['SHARDFOLD_HTTP_SERVICE_HOST', '10.0.0.1', undefined],
  ['SHARDFOLD_VERSON', '1', undefined],
  ['SHARDFOLD_TEST_REQUIRE', 'all', undefined],
  ['SHARDFOLD_IMAGE', 'x', undefined],
  ['SHARDFOLD_SOURCE_DIR', 'x', undefined],
  ['SHARDFOLD_TAG', 'x', undefined],
])('%s=%s, which is no variable of an option, was meant for %s', (name, value, meant) => {
  const faults = meant === undefined ? [] : [`${name}: is no option; did you mean ${meant}?`];
  const loaded = loadConfig({ text, file: 'shardfold.yaml', env: { [name]: value } });
  expect(loaded.ok ? [] : loaded.faults.map((fault) => faultLine(fault, 'shardfold.yaml'))).toEqual(faults);
});
