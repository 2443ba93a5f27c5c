// TLS to PostgreSQL: whom the sink trusts, and what it says when it does not.
import { chown, copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { newDatabase, startPostgres } from '@shardfold/embedded';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../../../test/support/until.ts';
import { type Certificates, certificatesForFile } from '../support/certificates.ts';
import { never } from '../support/machine.ts';
import { query, sinkFor } from '../support/postgres.ts';
import { refusalToOpen } from '../support/refusals.ts';

const certificates = certificatesForFile();
let server: Awaited<ReturnType<typeof startPostgres>> | undefined;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server?.stop();
});

function serverUrl(): string {
  if (server === undefined) throw new Error('the server is not up');
  return server.url;
}

async function urlWith(parameters: Readonly<Record<string, string>>, change: { readonly host?: string; readonly user?: string } = {}): Promise<string> {
  const url = new URL(await newDatabase(serverUrl()));
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  if (change.host !== undefined) url.hostname = change.host;
  if (change.user !== undefined) url.username = change.user;
  return url.href;
}

/** A file that the server's account can read and nobody else. */
async function install(from: string, folder: string, name: string): Promise<void> {
  const { uid, gid } = await stat(folder);
  await copyFile(from, join(folder, name));
  await chown(join(folder, name), uid, gid);
}

/** TLS for whoever wants it; `encrypted` is a user that must. */
async function turnTlsOn({ cert, key }: Certificates): Promise<void> {
  const url = serverUrl();
  const [found] = await query(url, 'SHOW data_directory');
  const folder = String(found?.data_directory);
  await install(cert, folder, 'own.pem');
  await install(key, folder, 'own.key');
  await query(url, `CREATE ROLE encrypted SUPERUSER LOGIN PASSWORD '${new URL(url).password}'`);
  const rules = join(folder, 'pg_hba.conf');
  await writeFile(rules, `hostnossl all encrypted all reject\n${await readFile(rules, 'utf8')}`);
  await query(url, "ALTER SYSTEM SET ssl_cert_file = 'own.pem'");
  await query(url, "ALTER SYSTEM SET ssl_key_file = 'own.key'");
  await query(url, 'ALTER SYSTEM SET ssl = on');
  await query(url, 'SELECT pg_reload_conf()');
  await until('TLS', async () => (await query(url, 'SHOW ssl'))[0]?.ssl === 'on');
}

test('a server without TLS is not spoken to when the url asks for it', async (context) => {
  const { ca } = certificates(context);
  const url = await urlWith({ sslmode: 'verify-full', sslrootcert: ca });
  const refusal = await refusalToOpen(sinkFor(url), url);
  expect(refusal).toMatchObject({ code: 'SINK_DENIED', retryable: false, message: expect.stringMatching(/does not support SSL.*TLS settings/) });
});

test.for<[what: string, file: (ca: string) => Promise<string>, says: RegExp]>([
  ['is not there', async (ca) => `${ca}.gone`, /no such file.*sslrootcert/],
  ['is a folder', async (ca) => dirname(ca), /EISDIR.*sslrootcert/],
])('a server is not spoken to when the file of the url %s, and that is said', async ([, file, says], context) => {
  const { ca } = certificates(context);
  const url = await urlWith({ sslmode: 'verify-full', sslrootcert: await file(ca) });
  const refusal = await refusalToOpen(sinkFor(url), url);
  expect(refusal).toMatchObject({ code: 'SINK_DENIED', retryable: false, message: expect.stringMatching(says) });
});

describe('a server with TLS', () => {
  let isOn = false;
  async function urlOf(parameters: (files: Certificates) => Readonly<Record<string, string>>, context: Parameters<typeof certificates>[0], change = {}) {
    const files = certificates(context);
    if (!isOn) await turnTlsOn(files);
    isOn = true;
    return urlWith(parameters(files), change);
  }

  test('is written to when its certificate is of the CA that the url names', async (context) => {
    const url = await urlOf(({ ca }) => ({ sslmode: 'verify-full', sslrootcert: ca }), context, { user: 'encrypted' });
    const sink = sinkFor(url);
    try {
      await sink.open(never);
      const sessions = await query(
        serverUrl(),
        "SELECT ssl, usename FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'shardfold test'",
      );
      expect(sessions).toEqual([{ ssl: true, usename: 'encrypted' }]);
    } finally {
      await sink.close();
    }
  });

  test('is not written to when the url’s own key is none, and that is said', async (context) => {
    const broken = `${certificates(context).ca}.broken`;
    await writeFile(broken, 'no key');
    const url = await urlOf(({ ca, cert }) => ({ sslmode: 'verify-full', sslrootcert: ca, sslcert: cert, sslkey: broken }), context);
    const refusal = await refusalToOpen(sinkFor(url), url);
    expect(refusal).toMatchObject({ code: 'SINK_DENIED', retryable: false, message: expect.stringMatching(/ERR_OSSL.*TLS settings/) });
  });

  test.for<[name: string, parameters: (files: Certificates) => Readonly<Record<string, string>>, change: { host?: string; user?: string }, reason: RegExp]>([
    ['of another CA is refused', ({ otherCa }) => ({ sslmode: 'verify-full', sslrootcert: otherCa }), {}, /certificate.*TLS settings/],
    ['of no CA that this machine knows is refused', () => ({ sslmode: 'verify-full' }), {}, /certificate.*TLS settings/],
    ['for another name is refused', ({ ca }) => ({ sslmode: 'verify-full', sslrootcert: ca }), { host: 'localhost' }, /localhost.*TLS settings/],
    ['that demands TLS refuses who does without', () => ({ sslmode: 'disable' }), { user: 'encrypted' }, /no encryption.*TLS settings/],
  ])('%s', async ([, parameters, change, reason], context) => {
    const url = await urlOf(parameters, context, change);
    const refusal = await refusalToOpen(sinkFor(url), url);
    expect(refusal).toMatchObject({ code: 'SINK_DENIED', retryable: false, message: expect.stringMatching(reason) });
  });
});
