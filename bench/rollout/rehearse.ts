// A roll-out as Kubernetes does it with a surge of one: a new worker, its share, a SIGTERM to an old one, and so on, under load. It measures
// and promises nothing.
import { startStack } from '@shardfold/embedded';
import { type FleetBed, fleetBed } from '../../test/support/fleet-bed.ts';
import { until } from '../../test/support/until.ts';
import type { WorkerProcess } from '../../test/support/worker-process.ts';
import { type Book, custodies, drainsMs, type Moves, movesOf, recordsRead, unwanted } from './log-book.ts';

export interface Rehearsal {
  readonly shards: number;
  /** Old ones, and as many new ones. */
  readonly workers: number;
  readonly recordsPerSecond: number;
}

export interface Figures {
  readonly exitCodes: readonly (number | string)[];
  /** Milliseconds from a new worker's start to even shares. */
  readonly settledMs: readonly number[];
  /** Milliseconds from SIGTERM to the end of the process. */
  readonly stopMs: readonly number[];
  readonly drainsMs: readonly number[];
  /** By shard. */
  readonly moves: readonly number[];
  readonly gapsMs: readonly number[];
  readonly sent: number;
  readonly read: number;
  /** Versions of rows that the database took more than once. */
  readonly appliedTwice: number;
  readonly unwanted: readonly string[];
  /** Between the tables and what the oracle makes of everything sent. */
  readonly differences: readonly string[];
}

/** As deploy/ sets it, with time for a busy machine. */
const joining = ['--set', 'lease.joinDelay=60s'];
const options = ['--set', 'lease.duration=10s', '--set', 'log.level=debug'];
const tables = ['orders', 'customers'];
/** Of a row that a statement makes to hold a place, and that is no change. */
const noVersion = '-9223372036854775808 0';

async function heldBy(worker: WorkerProcess): Promise<number> {
  return (await worker.status()).shards.filter(({ held }) => held).length;
}

/** Every shard is held, and no worker has two more than another. */
async function isEven(workers: readonly WorkerProcess[], shards: number): Promise<boolean> {
  const counts = await Promise.all(workers.map(heldBy));
  return counts.reduce((sum, each) => sum + each, 0) === shards && Math.max(...counts) - Math.min(...counts) <= 1;
}

/** Has the database note each version of each row that it takes. */
async function watchRows({ database }: FleetBed): Promise<void> {
  await database.query('CREATE TABLE taken (source text, row_key text, version text)');
  await database.query(`CREATE FUNCTION take() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO taken VALUES (TG_TABLE_NAME, (to_jsonb(NEW) - 'data' - 'cdc_time' - 'cdc_seq')::text, NEW.cdc_time || ' ' || NEW.cdc_seq); RETURN NULL; END $$`);
  for (const table of tables) await database.query(`CREATE TRIGGER take AFTER INSERT OR UPDATE ON "${table}" FOR EACH ROW EXECUTE FUNCTION take()`);
}

async function takenTwice({ database }: FleetBed): Promise<number> {
  const { rows } = await database.query<{ taken: number; versions: number }>(
    'SELECT count(*)::int AS taken, count(DISTINCT (source, row_key, version))::int AS versions FROM taken WHERE version <> $1',
    [noVersion],
  );
  const [{ taken, versions } = { taken: 0, versions: 0 }] = rows;
  if (taken === 0) throw new Error('The database noted no row: the trigger did not work, and nothing is known of duplicates.');
  return taken - versions;
}

export async function rehearse({ shards, workers: count, recordsPerSecond }: Rehearsal): Promise<Figures> {
  const stack = await startStack();
  const bed = await fleetBed(stack, shards);
  try {
    let running = Array.from({ length: count }, (_, index) => bed.start(`old-${index + 1}`, '', options));
    const all = [...running];
    await until('even shares of the old workers', () => isEven(running, shards));
    await bed.feed({ records: 50, keys: 10, seed: 1 });
    await until('the tables', async () => (await bed.differences()).length === 0);
    await watchRows(bed);
    const beganMs = Date.now();
    const stop = new AbortController();
    const load = bed.feed({ records: Number.MAX_SAFE_INTEGER, keys: 1_000, seed: 2, ratePerSecond: recordsPerSecond, signal: stop.signal });
    const exitCodes: (number | string)[] = [];
    const settledMs: number[] = [];
    const stopMs: number[] = [];
    for (const old of [...running]) {
      const startedMs = performance.now();
      const young = bed.start(old.name.replace('old', 'new'), '', [...options, ...joining]);
      all.push(young);
      running.push(young);
      // What a readiness probe sees; then Kubernetes ends an old one.
      await until(`${young.name} to be ready`, async () => (await heldBy(young)) > 0);
      settledMs.push(performance.now() - startedMs);
      const askedMs = performance.now();
      old.signal('SIGTERM');
      exitCodes.push(await old.exited);
      stopMs.push(performance.now() - askedMs);
      running = running.filter((worker) => worker !== old);
      await until('its shards to be read on', () => isEven(running, shards));
    }
    stop.abort();
    await load.catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
    let differences: readonly string[] = [];
    await until('the tables to be what was sent', async () => {
      differences = await bed.differences();
      return differences.length === 0;
    }).catch(() => undefined);
    const books: readonly Book[] = all.map(({ name, lines }) => ({ worker: name, lines: [...lines] }));
    const { count: moves, gapsMs } = afterStart(books, beganMs);
    return {
      exitCodes,
      settledMs,
      stopMs,
      drainsMs: drainsMs(books),
      moves: [...moves.values()],
      gapsMs,
      sent: bed.sent.length,
      read: recordsRead(books),
      appliedTwice: await takenTwice(bed),
      unwanted: unwanted(books),
      differences,
    };
  } finally {
    await bed.end();
    await stack.stop();
  }
}

/** Moves between two workers after all shards had their first reader among all the old ones: how these came to their shares does not count. */
function afterStart(books: readonly Book[], fromMs: number): Moves {
  return movesOf(custodies(books).filter(({ toMs }) => toMs >= fromMs));
}
