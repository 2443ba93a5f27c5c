// Certificates of one's own for a server on this machine, made by the program openssl. It knows no server.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';
import { assertNotRequired } from '../../../../test/servers/required.ts';

const run = promisify(execFile);
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-x509'];

/** Paths of PEM files. */
export interface Certificates {
  readonly ca: string;
  /** Of somebody else. */
  readonly otherCa: string;
  /** For 127.0.0.1, and no other name. */
  readonly cert: string;
  readonly key: string;
}

async function makeAll(folder: string): Promise<Certificates> {
  const file = (name: string): string => join(folder, name);
  const make = (name: string, subject: string, more: readonly string[] = []) =>
    run('openssl', ['req', ...curve, '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`), '-subj', `/CN=${subject}`, ...more]);
  await make('ca', 'CA of a test');
  await make('other', 'another CA');
  await make('server', 'a server', [
    ...['-CA', file('ca.pem'), '-CAkey', file('ca.key')],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE'],
  ]);
  return { ca: file('ca.pem'), otherCa: file('other.pem'), cert: file('server.pem'), key: file('server.key') };
}

/** Call at the top of a test file. The answer skips the test where there is no openssl. */
export function certificatesForFile(): (context: { skip(reason: string): never }) => Certificates {
  let folder = '';
  let made: Certificates | string = 'not made yet';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shardfold-tls-'));
    made = await makeAll(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return 'the program openssl is not installed';
      throw error;
    });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return (context) => {
    if (typeof made !== 'string') return made;
    assertNotRequired('openssl', made);
    return context.skip(made);
  };
}
