// A stream of change records as DynamoDB writes them to Kinesis: inserts, changes and removals of a shop's tables, some sent
// twice and some late. Pure: what comes out depends on the seed and on the times it is told. It sends nothing.
import { type FeedTableName, feedTables } from './catalogue.ts';
import { type Item, sizeBytes } from './item.ts';
import { type SeededRandom, seededRandom } from './random.ts';

export interface FeedOptions {
  readonly seed: number;
  /** At least one; default all. */
  readonly tables?: readonly FeedTableName[];
  /** How many distinct keys each table has. */
  readonly keys: number;
  /** The share of records that repeat an earlier one byte for byte. */
  readonly duplicateRatio: number;
  /** The share of new records that are held back until a newer one of their key has been sent. */
  readonly disorderRatio: number;
}

export interface FeedRecord {
  /** `late`: a newer record of its key went before it. */
  readonly kind: 'new' | 'duplicate' | 'late';
  readonly table: FeedTableName;
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

export interface Feed {
  /** The next record to send. `nowMs` is the source's clock, since 1970; source times of one key always rise, whatever it does. */
  next(nowMs: number): FeedRecord;
  /** Records held back that no newer one released: sending them completes the history. */
  flush(): readonly FeedRecord[];
}

/** How far back a duplicate may reach. */
const maxRecent = 2_000;
/** How many records may be held back at once. */
const maxHeld = 64;
/** How often a key that has a record held back is chosen, so that it comes out before long. */
const releaseChance = 0.25;
const removeChance = 0.12;
const timeToLiveChance = 0.2;

interface Row {
  readonly table: FeedTableName;
  readonly index: number;
  item: Item | undefined;
  itemBytes: number;
  timeMicros: number;
}

/** Throws `RangeError` when there is nothing to make records of. */
export function createFeed(options: FeedOptions): Feed {
  const random = seededRandom(options.seed);
  const tables = options.tables ?? (Object.keys(feedTables) as FeedTableName[]);
  if (tables.length === 0 || options.keys < 1) throw new RangeError('A feed needs a table and a key; none was made. Name a table, and set keys to 1 or more.');
  const rows: Row[] = tables.flatMap((table) =>
    Array.from({ length: options.keys }, (_, index): Row => ({ table, index, item: undefined, itemBytes: 0, timeMicros: 0 })),
  );
  const held = new Map<Row, FeedRecord>();
  const recent: FeedRecord[] = [];
  const due: FeedRecord[] = [];
  let sent = 0;

  const choose = (): Row => {
    const waiting = held.size > 0 && random.chance(releaseChance) ? [...held.keys()] : rows;
    const row = waiting[random.below(waiting.length)];
    if (row === undefined) throw new RangeError('a choice out of its range');
    return row;
  };
  const remember = (record: FeedRecord): FeedRecord => {
    recent[sent % maxRecent] = record;
    sent += 1;
    return record;
  };

  return {
    next(nowMs) {
      const late = due.shift();
      if (late !== undefined) return remember(late);
      const repeated = recent.length > 0 && random.chance(options.duplicateRatio) ? recent[random.below(recent.length)] : undefined;
      if (repeated !== undefined) return { ...repeated, kind: 'duplicate' };
      for (;;) {
        const row = choose();
        const record = change(row, nowMs, random);
        const older = held.get(row);
        if (older !== undefined) {
          held.delete(row);
          due.push({ ...older, kind: 'late' });
        } else if (held.size < maxHeld && random.chance(options.disorderRatio)) {
          held.set(row, record);
          continue;
        }
        return remember(record);
      }
    },
    flush() {
      const rest = [...due.splice(0), ...held.values()];
      held.clear();
      return rest;
    },
  };
}

/** Takes the row a step on and writes the record of it. */
function change(row: Row, nowMs: number, random: SeededRandom): FeedRecord {
  const table = feedTables[row.table];
  const before = row.item;
  const beforeBytes = row.itemBytes;
  const keys = table.keys(row.index);
  const removed = before !== undefined && random.chance(removeChance);
  row.item = removed ? undefined : { ...keys, ...table.attributes(random, before) };
  row.itemBytes = row.item === undefined ? 0 : sizeBytes(row.item);
  const step = table.precision === 'MILLISECOND' ? 1_000 : 1;
  row.timeMicros = Math.max(Math.floor(nowMs) * 1_000 + (step === 1 ? random.below(1_000) : 0), row.timeMicros + step);
  const images = { ...(row.item === undefined ? {} : { NewImage: row.item }), ...(before === undefined ? {} : { OldImage: before }) };
  const record = {
    awsRegion: 'us-east-1',
    eventID: random.uuid(),
    eventName: removed ? 'REMOVE' : before === undefined ? 'INSERT' : 'MODIFY',
    userIdentity: removed && random.chance(timeToLiveChance) ? { type: 'Service', principalId: 'dynamodb.amazonaws.com' } : null,
    recordFormat: 'application/json',
    tableName: row.table,
    dynamodb: {
      ApproximateCreationDateTime: row.timeMicros / step,
      Keys: keys,
      ...images,
      SizeBytes: sizeBytes(keys) + row.itemBytes + beforeBytes,
      ApproximateCreationDateTimePrecision: table.precision,
    },
    eventSource: 'aws:dynamodb',
  };
  const data = Buffer.from(JSON.stringify(record));
  return { kind: 'new', table: row.table, partitionKey: `${row.table}/${row.index}`, data };
}
