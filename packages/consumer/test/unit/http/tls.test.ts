// The handler over TLS, with a certificate that is made for the test: who the server is, what is agreed on, sessions used again.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { answer, patient, type RawServer, rawServer } from './raw-server.ts';

const run = promisify(execFile);
const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];

interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** Undefined where there is no openssl. */
async function identity(): Promise<Identity | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'shardfold-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    await run('openssl', [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '1',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ]);
    return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const found = await identity();
/** Younger than the oldest Node that we run on. */
const canTrust = 'setDefaultCACertificates' in tls;
const trusted = canTrust ? tls.getCACertificates('default') : [];
const why = found === undefined ? 'there is no openssl' : canTrust ? undefined : 'this Node cannot trust a certificate';
const title = (what: string): string => (why === undefined ? what : `${what} (skipped: ${why})`);

let server: RawServer | undefined;
beforeAll(() => {
  if (found !== undefined && canTrust) tls.setDefaultCACertificates([...trusted, found.cert]);
});
afterEach(() => server?.stop());
afterAll(() => {
  if (canTrust) tls.setDefaultCACertificates(trusted);
});

async function started(options: tls.TlsOptions = {}) {
  const secure = tls.createServer({ ...found, ALPNProtocols: ['h2', 'http/1.1'], ...options });
  server = await rawServer(patient, secure, { protocol: 'https:', hostname: 'localhost' });
  return server;
}

test.skipIf(why !== undefined)(title('a large body comes whole, and the connection is used again'), async () => {
  const raw = await started();
  const body = 'x'.repeat(3_000_000);
  let asked = raw.ask();
  const { socket, request } = await raw.peer();
  await request();
  expect((socket as tls.TLSSocket).alpnProtocol).toBe('http/1.1');
  socket.write(answer(body));
  expect(String((await asked).response.body) === body).toBe(true);
  asked = raw.ask();
  await request();
  socket.write(answer('again'));
  expect(String((await asked).response.body)).toBe('again');
  expect(raw.connections()).toBe(1);
});

test.skipIf(why !== undefined)(title('a second connection goes on with the session of the first'), async () => {
  const raw = await started();
  const reused: boolean[] = [];
  for (const _connection of [1, 2]) {
    const asked = raw.ask();
    const { socket, request, closed } = await raw.peer();
    await request();
    reused.push((socket as tls.TLSSocket).isSessionReused());
    socket.write(answer('one', 'connection: close'));
    await asked;
    await closed;
  }
  expect(reused).toEqual([false, true]);
});

test.skipIf(why !== undefined)(title('a server that nobody vouches for is told nothing'), async () => {
  tls.setDefaultCACertificates(trusted);
  const raw = await started();
  try {
    await expect(raw.ask()).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  } finally {
    if (found !== undefined) tls.setDefaultCACertificates([...trusted, found.cert]);
  }
});

test.skipIf(why !== undefined)(title('a name is asked for, and must be the server’s'), async () => {
  const names: string[] = [];
  const raw = await started({
    SNICallback: (name, answered) => {
      names.push(name);
      answered(null);
    },
  });
  const asked = raw.ask();
  const { socket, request } = await raw.peer();
  await request();
  socket.write(answer('hello'));
  expect((await asked).response.statusCode).toBe(200);
  expect(names).toEqual(['localhost']);
  const elsewhere = { protocol: 'https:', hostname: '127.0.0.1', port: raw.port, method: 'POST', path: '/', headers: {} };
  await expect(raw.handler.handle(elsewhere)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});
