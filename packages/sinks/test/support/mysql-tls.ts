// TLS to a MySQL server that has made its certificate by itself: whom the sink trusts, and what it says when it does not.
import { writeFile } from 'node:fs/promises';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { certificatesForFile } from './certificates.ts';
import { never } from './machine.ts';
import { connected, query, type ServerForFile, sinkFor } from './mysql.ts';
import { refusalToOpen } from './refusals.ts';

const password = 'p4ss-of-a-test';

interface Prepared {
  readonly url: string;
  readonly ca: string;
  readonly otherCa: string;
}

function rootOf(certificate: DetailedPeerCertificate): DetailedPeerCertificate {
  const { issuerCertificate } = certificate;
  return issuerCertificate === undefined || issuerCertificate === certificate ? certificate : rootOf(issuerCertificate);
}

/** The topmost certificate that the server shows. */
async function caOf(url: string): Promise<string> {
  const der = await connected(`${url}?ssl=${encodeURIComponent('{"rejectUnauthorized":false}')}`, async (connection) => {
    const { connection: inner } = connection as unknown as { readonly connection: { readonly stream: TLSSocket } };
    return rootOf(inner.stream.getPeerCertificate(true)).raw;
  });
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

/** Call within `describe`. */
export function tlsIsChecked(server: ServerForFile): void {
  const certificates = certificatesForFile();

  /** A database, and a user who must have TLS. */
  async function prepared(context: Parameters<typeof certificates>[0]): Promise<Prepared> {
    const { ca, otherCa } = certificates(context);
    const root = await server.database(context);
    const own = `${ca}.server`;
    await writeFile(own, await caOf(root));
    const url = new URL(root);
    const user = `tls_${url.pathname.slice(-16)}`;
    await query(root, `CREATE USER '${user}'@'%' IDENTIFIED BY '${password}' REQUIRE SSL; GRANT ALL ON *.* TO '${user}'@'%'`);
    url.username = user;
    url.password = password;
    return { url: url.href, ca: own, otherCa };
  }

  test('a server whose certificate is of the CA that the url names is written to', async (context) => {
    const { url, ca } = await prepared(context);
    const sink = sinkFor(`${url}?ssl-mode=verify-ca&ssl-ca=${ca}`);
    try {
      await sink.open(never);
      expect(await sink.deadLetters().count(never)).toBe(0);
    } finally {
      await sink.close();
    }
  });

  test.for<[name: string, parameters: (prepared: Prepared) => string, reason: RegExp, host?: string]>([
    ['whose certificate is of another CA is refused', ({ otherCa }) => `ssl-mode=verify-ca&ssl-ca=${otherCa}`, /certificate.*ssl-ca in the url/],
    ['whose certificate is of no CA that this machine knows is refused', () => 'ssl-mode=verify-identity', /certificate.*ssl-ca in the url/],
    ['whose certificate has another name is refused', ({ ca }) => `ssl-mode=verify-identity&ssl-ca=${ca}`, /localhost.*ssl-ca in the url/, 'localhost'],
    ['whose certificate is not of its address is refused', ({ ca }) => `ssl-mode=verify-identity&ssl-ca=${ca}`, /IP: 127\.0\.0\.1 is not.*ssl-ca in the url/],
    ['that demands TLS refuses who does without', () => 'ssl-mode=disabled', /Access denied.*ssl-mode, ssl-ca in the url/],
    ['is not asked when a file of the url is not there', ({ ca }) => `ssl-ca=${ca}.gone`, /file of ssl-ca.*Correct the url/],
  ])('a server %s', async ([, parameters, reason, host = '127.0.0.1'], context) => {
    const files = await prepared(context);
    const url = `${files.url.replace('127.0.0.1', host)}?${parameters(files)}`;
    const refusal = await refusalToOpen(sinkFor(url), url);
    expect(refusal).toMatchObject({ code: 'SINK_DENIED', retryable: false, message: expect.stringMatching(reason) });
  });
}
