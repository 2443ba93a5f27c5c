// A PostgreSQL server in a temporary folder on a free loopback port, kept by the child process this runs in: when that ends, the
// server and the folder are gone. Accounts, programs and their files are the business of the files beside this one.
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedError } from '../errors.ts';
import type { Served } from '../servers/protocol.ts';
import { freePort, randomHex } from '../system.ts';
import { type Account, unprivilegedAccount } from './account.ts';
import { postgresHome } from './binaries.ts';
import { completed, endServer, type Program, readyOrEnded, runProgram } from './programs.ts';
import { canReach } from './reach.ts';

/** Somebody else may take the port between the look and the start. */
const maxPortTries = 5;

const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200', timezone: 'UTC', jit: 'off' };
const carelessSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', wal_level: 'minimal', max_wal_senders: '0' };

/** The signal ends it at any point; what was made by then is removed. */
export async function servePostgres(options: { readonly durable: boolean }, stop: AbortSignal): Promise<Served> {
  const account = await unprivilegedAccount();
  const scratch = await scratchFolder(account);
  const remove = () => rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  try {
    const home = await postgresHome(scratch, account);
    const data = join(scratch, 'data');
    const password = await initialise({ home, data, scratch, account, durable: options.durable }, stop);
    const { server, port } = await start({ home, data, scratch, account, durable: options.durable }, stop);
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      async close() {
        await endServer(server);
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

interface Place {
  readonly home: string;
  readonly data: string;
  readonly scratch: string;
  readonly account: Account | undefined;
  readonly durable: boolean;
}

/** A folder of one's own where the account can get at it: a private TMPDIR of root's is passed over. */
async function scratchFolder(account: Account | undefined): Promise<string> {
  for (const parent of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    if (!(await canReach(parent, account).catch(() => false))) continue;
    const folder = await mkdtemp(join(parent, 'shardfold-postgres-'));
    if (account !== undefined) await chown(folder, account.uid, account.gid);
    await chmod(folder, 0o700);
    return folder;
  }
  throw new EmbeddedError('no temporary folder can be read by the user that PostgreSQL would run as. Nothing was started; point TMPDIR at one.');
}

/** Makes the data folder; answers the superuser's password. */
async function initialise(place: Place, stop: AbortSignal): Promise<string> {
  const password = randomHex(12);
  const passwordFile = join(place.scratch, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (place.account !== undefined) await chown(passwordFile, place.account.uid, place.account.gid);
  const args = ['-D', place.data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C'];
  args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8', ...(place.durable ? [] : ['--no-sync']));
  const program = runProgram(join(place.home, 'bin', 'initdb'), args, { account: place.account, folder: place.scratch });
  await completed(program, 'initdb', stop);
  await rm(passwordFile);
  return password;
}

async function start(place: Place, stop: AbortSignal): Promise<{ server: Program; port: number }> {
  const chosen = Object.entries({ ...settings, ...(place.durable ? {} : carelessSettings) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const args = ['-D', place.data, '-p', String(port), ...chosen];
    const server = runProgram(join(place.home, 'bin', 'postgres'), args, { account: place.account, folder: place.scratch });
    const end = () => server.process.kill('SIGQUIT');
    stop.addEventListener('abort', end);
    const ready = await readyOrEnded(server).finally(() => stop.removeEventListener('abort', end));
    if (ready && !stop.aborted) return { server, port };
    await endServer(server);
    stop.throwIfAborted();
    if (attempt === maxPortTries || !server.tail().includes('could not bind')) throw new EmbeddedError(`the server ended by itself: ${server.tail().trim()}`);
  }
}
