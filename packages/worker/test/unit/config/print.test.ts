// What is shown of a configuration.
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { explain, printYaml } from '../../../src/config/print.ts';
import { configJsonSchema } from '../../../src/config/schema.ts';
import { hideAlways, maskAddress, maskText, secretsOfAddress } from '../../../src/config/secrets.ts';

const text =
  'application: orders\nsource: { streams: [s], start: latest }\nsinks: { main: { kind: postgres, url: "postgres://u:hunter2@h/d?sslpassword=hunter2&x=1" } }\nhttp: { token: hunter2 }\n';

function good() {
  const loaded = loadConfig({ text, file: 'f.yaml', env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  return loaded;
}

test('the effective configuration has no secret in it', () => {
  const shown = printYaml(good());
  expect(shown).not.toContain('hunter2');
  expect(shown).toContain('url: postgres://u:********@h/d?sslpassword=********&x=1');
  expect(shown).toContain('token: "********"');
  expect(shown).toContain('duration: 10s');
});

test.each([
  ['postgres://u:p@h/d', 'postgres://u:********@h/d'],
  ['postgres://u:p@ss:w@h/d', 'postgres://u:********@h/d'],
  ['cannot reach postgres://u:p@h/d: refused', 'cannot reach postgres://u:********@h/d: refused'],
  ['postgres://u@h/d', 'postgres://u@h/d'],
  ['http://127.0.0.1:4566', 'http://127.0.0.1:4566'],
  ['h/d?token=t&a=b', 'h/d?token=********&a=b'],
])('%s is shown as %s', (secret, shown) => expect(maskText(secret)).toBe(shown));

test.each([
  ['postgres://u:my secret@h/d', 'postgres://u:********@h/d'],
  ['postgres://u:a/b?c#d@h:5432/d?x=1', 'postgres://u:********@h:5432/d?x=1'],
  ['postgres://u:p@ss@h/d', 'postgres://u:********@h/d'],
  ['postgres://u?x:hunter2@h/d', 'postgres://u:********@h/d'],
  ['postgres://u#x:hunter2@h/d?y=1&z=2', 'postgres://u:********@h/d?y=1&z=2'],
  ['postgres://u:hunter2@h/d?x:y@z', 'postgres://u:********@z'],
  ['postgres://:hunter2@h/d', 'postgres://:********@h/d'],
  ['postgres://u@h/d?application_name=a@b', 'postgres://u@h/d?application_name=a@b'],
  ['mysql://h/d?sslKeyPassword=hunter2', 'mysql://h/d?sslKeyPassword=********'],
  ['mongodb://h/d?tls=true&tlsCertificateKeyFilePassword=hunter2', 'mongodb://h/d?tls=true&tlsCertificateKeyFilePassword=********'],
  ['mongodb://h/d?authMechanismProperties=AWS_SESSION_TOKEN:hunter2', 'mongodb://h/d?authMechanismProperties=********'],
  ['postgres://h/d', 'postgres://h/d'],
  ['sqlite:folder/a@b.db', 'sqlite:folder/a@b.db'],
  ['', ''],
])('the address %s is shown as %s', (address, shown) => expect(maskAddress(address)).toBe(shown));

test.each([
  ['postgres://u:p%40ss%20word@h/d', ['p%40ss%20word', 'p@ss word']],
  ['postgres://u:%zz@h/d?sslpassword=other', ['%zz', 'other']],
  // Else every message that names the host would be spoilt.
  ['postgres://postgres:postgres@h/postgres', []],
  ['postgres://u@h/d', []],
])('of the address %s is secret: %j', (address, secrets) => expect(secretsOfAddress(address)).toEqual(secrets));

test('a known secret is hidden in any text, but for short words', () => {
  const driver = 'login with blank between and in-plain-sight failed';
  hideAlways('blank between');
  hideAlways('in-plain-sight');
  hideAlways('login');
  expect(maskText(driver)).toBe('login with ******** and ******** failed');
});

test('an option is explained', () => {
  expect(explain(good(), ['lease', 'duration'])).toEqual({
    path: 'lease.duration',
    value: '10s',
    from: 'default',
    description: 'How long a worker may be silent before others take its shards.',
  });
  expect(explain(good(), ['http', 'token'])).toMatchObject({ value: '********', from: 'f.yaml' });
  expect(explain(good(), ['lease', 'nothing'])).toBeUndefined();
});

test('the JSON Schema has defaults, descriptions and no open door', () => {
  expect(configJsonSchema()).toMatchObject({
    required: ['application', 'source', 'sinks'],
    additionalProperties: false,
    properties: {
      lease: { additionalProperties: false, properties: { duration: { default: '10s', description: expect.any(String) }, maxPerWorker: { default: 1000 } } },
      source: { required: ['streams', 'start'], properties: { mode: { enum: ['polling', 'fan-out', 'auto'], default: 'polling' } } },
      http: { properties: { token: { writeOnly: true } } },
    },
  });
});
