// What each code of a database, a stream, the lease table and the port means: whom it concerns, whether it is retried, what the program
// does, what a person can do. The compiler fails when there is a code that is not told here. Those of dead letters are in
// `error-catalogue-records.ts`.
import type { ConsumerErrorCode } from '@shardfold/consumer';
import type { LeaseErrorCode } from '@shardfold/lease';
import type { SinkErrorCode } from '@shardfold/sinks';
import type { HttpErrorCode } from '../../packages/worker/src/http/errors.ts';
import type { Entries } from './error-catalogue-records.ts';

const waits = 'The worker keeps its shards, waits and tries again, says so once and then every minute, and stops reading when its buffer is full.';

export const sinkCodes: Entries<SinkErrorCode> = {
  SINK_UNREACHABLE: {
    what: 'The database cannot be reached, or went away in the middle.',
    scope: 'sink',
    retryable: 'yes',
    does: waits,
    remedy: 'Check that the server runs and can be reached from the worker.',
  },
  SINK_BUSY: {
    what: 'The database is out of connections, memory or disk, or rows are locked.',
    scope: 'sink',
    retryable: 'yes',
    does: waits,
    remedy: 'If it goes on, look for locks, limits and full disks on the server, or lower `poolMax`.',
  },
  SINK_READ_ONLY: {
    what: 'The database takes no writes.',
    scope: 'sink',
    retryable: 'yes',
    does: waits,
    remedy: 'Point the address at the primary, or make the server writable.',
  },
  SINK_DENIED: {
    what: "The database refuses the user, the TLS settings, or the user's grants.",
    scope: 'sink',
    retryable: 'no',
    does: `At the start the worker ends with 1. Later: ${waits}`,
    remedy: 'Correct the address, its files or the grants.',
  },
  SINK_TABLE_MISSING: {
    what: 'A table, a schema or a place of dead letters is not there.',
    scope: 'sink',
    retryable: 'no',
    does: `Nothing is written there until it is. ${waits}`,
    remedy: 'Create it: the message carries the DDL where `createTables` is false.',
  },
  SINK_TABLE_MISMATCH: {
    what: 'A table has another key, other columns or a unique index that changes would trip over.',
    scope: 'sink',
    retryable: 'no',
    does: `Nothing is written there until it fits. ${waits}`,
    remedy: 'Change the table, or name another one, as the message says.',
  },
  SINK_CLOSED: {
    what: 'A write came after the end.',
    scope: 'worker',
    retryable: 'no',
    does: 'Nothing is written; the worker is stopping.',
    remedy: 'Nothing.',
  },
  SINK_UNEXPECTED: {
    what: 'The database answered in a way that the program does not know.',
    scope: 'sink',
    retryable: 'depends',
    does: waits,
    remedy: "Look into the server's log. If it goes on, report it with the message.",
  },
};

const streamEnds = 'Reading the stream ends, and the worker says so; other streams go on.';

export const streamCodes: Entries<ConsumerErrorCode> = {
  STREAM_MISSING: {
    what: 'The stream, its shard or its table does not exist, or no region is known.',
    scope: 'stream',
    retryable: 'no',
    does: streamEnds,
    remedy: "Check the stream's name, the region and the endpoint: `shardfold doctor` shows near names.",
  },
  STREAM_DENIED: {
    what: 'The stream may not be read: credentials, policy, key or the clock of the machine.',
    scope: 'stream',
    retryable: 'depends',
    does: `Missing credentials and a wrong clock: it is tried again. Else: ${streamEnds}`,
    remedy: 'Correct the credentials, the policy or the clock. `shardfold doctor` names the actions that are missing.',
  },
  STREAM_UNSUITABLE: {
    what: 'The stream cannot be of use, a DynamoDB stream without images, say.',
    scope: 'stream',
    retryable: 'no',
    does: streamEnds,
    remedy: 'The message says why, and what to change at the source.',
  },
  STREAM_THROTTLED: {
    what: 'AWS throttles reads.',
    scope: 'shard',
    retryable: 'yes',
    does: 'Reading slows down.',
    remedy: 'See who else reads the stream. Raise `source.pollInterval`, or set `source.mode: fan-out`.',
  },
  STREAM_UNREACHABLE: {
    what: 'The stream does not answer.',
    scope: 'shard',
    retryable: 'yes',
    does: 'It is tried again with growing pauses.',
    remedy: 'If it goes on, check the network, the endpoint and the region.',
  },
  ITERATOR_EXPIRED: {
    what: 'The place to read on from was held for more than five minutes.',
    scope: 'shard',
    retryable: 'yes',
    does: 'A new one is asked for.',
    remedy: 'Nothing. If it comes often, the sink is slow.',
  },
  POSITION_INVALID: {
    what: 'A sequence number is none of the shard, or a checkpoint is not of the batch in hand.',
    scope: 'shard',
    retryable: 'no',
    does: "A moment of the worker's own clock is tried again further back; otherwise reading the shard ends. A command changes nothing.",
    remedy: 'Perhaps the lease table belongs to another stream of this name: look at `shardfold leases list`.',
  },
  OPTIONS_INVALID: {
    what: 'An option cannot be, a start in the future, say.',
    scope: 'config',
    retryable: 'no',
    does: 'Nothing is started or changed.',
    remedy: 'Mend what the message names.',
  },
  CHILDREN_UNKNOWN: {
    what: 'A shard has ended, and the stream lists none that follows it.',
    scope: 'shard',
    retryable: 'yes',
    does: 'Its lease is kept, and the stream is asked again with growing pauses.',
    remedy: "If it goes on, nothing behind the shard is read: look at the stream's shards.",
  },
  SHARD_GONE: {
    what: "The stream's retention passed before the shard was read to its end.",
    scope: 'shard',
    retryable: 'no',
    does: 'By `source.onGap`. stop: reading it ends. continue: it is counted, and the shards that follow are read.',
    remedy: 'Bring the missing records from elsewhere. A longer retention leaves more time.',
  },
  POSITION_GAP: {
    what: 'The stream forgot records before they were read; the message says from when to when.',
    scope: 'shard',
    retryable: 'no',
    does: 'By `source.onGap`. stop: reading the shard ends, and nothing is moved. continue: it is counted.',
    remedy: 'Bring the missing records from elsewhere, then go on with `source.onGap: continue`, or set the position with `shardfold checkpoint set`.',
  },
  BATCH_RELEASED: {
    what: 'A payload was asked for when its batch was done.',
    scope: 'batch',
    retryable: 'no',
    does: 'Nothing is given.',
    remedy: 'In a program of your own: ask while the batch is being processed. From the worker: report it.',
  },
  FAN_OUT_REFUSED: {
    what: 'Enhanced fan-out cannot be had: a limit, a policy, or a server that does not know it.',
    scope: 'stream',
    retryable: 'no',
    does: 'Mode auto: the stream is polled. Mode fan-out: reading it ends.',
    remedy: 'Allow RegisterStreamConsumer and SubscribeToShard, or set `source.mode` to auto or polling.',
  },
};

const fenced = 'Leases in hand go on until their own fence, then their shards stop. It is tried again, and comes back by itself.';

export const leaseCodes: Entries<LeaseErrorCode> = {
  LEASE_LOST: {
    what: 'The lease is gone: taken by another worker, or not renewed in time.',
    scope: 'shard',
    retryable: 'no',
    does: 'The reader stops; whoever holds the lease next goes on from the saved position.',
    remedy: 'Nothing for one. For many: look for pauses of the process (CPU limits, memory) and for the latency of DynamoDB.',
  },
  POSITION_BACKWARD: {
    what: 'A position lies before the one that is saved.',
    scope: 'shard',
    retryable: 'no',
    does: 'Nothing is written.',
    remedy: 'Only `shardfold rewind` moves a position back.',
  },
  TABLE_UNREACHABLE: {
    what: 'DynamoDB does not answer.',
    scope: 'worker',
    retryable: 'yes',
    does: fenced,
    remedy: 'If it goes on, check the endpoint, the region and the network.',
  },
  TABLE_THROTTLED: {
    what: 'DynamoDB throttles the lease table, or somebody else writes the same rows.',
    scope: 'worker',
    retryable: 'yes',
    does: fenced,
    remedy: 'Use on-demand capacity, or raise the provisioned one. Let nothing but lease workers write the table.',
  },
  TABLE_DENIED: {
    what: 'The lease table may not be used: credentials, policy, key or the clock of the machine.',
    scope: 'worker',
    retryable: 'depends',
    does: `Missing credentials and a wrong clock: ${fenced} Else the worker ends with 1.`,
    remedy: 'Allow DescribeTable, CreateTable, GetItem, PutItem, UpdateItem, DeleteItem and Scan; log in again; set the clock.',
  },
  TABLE_MISSING: {
    what: 'The lease table does not exist, or no region is known.',
    scope: 'worker',
    retryable: 'no',
    does: 'A worker makes it at its start; where it goes later, the worker ends with 1. Commands say so.',
    remedy: 'Check `lease.table`, the region and the endpoint.',
  },
  TABLE_SCHEMA: {
    what: 'The table has another key than a lease table, or could not be set up.',
    scope: 'worker',
    retryable: 'no',
    does: 'Nothing is written; the worker ends with 1.',
    remedy: 'Name another table in `lease.table`, or check the endpoint.',
  },
  TABLE_FOREIGN: {
    what: 'The lease table belongs to another stream or application, or has keys of the other kind.',
    scope: 'worker',
    retryable: 'no',
    does: 'It is left as it is, nothing is read, and the worker ends with 4.',
    remedy: 'Name another `lease.table`. From one stream to several: `shardfold leases adopt --multi-stream`.',
  },
  HELD_BY_OTHERS: {
    what: 'Somebody is at work: a fleet of the Java KCL 3.x at the start of a worker, or the holder of a lease that a command would change.',
    scope: 'worker',
    retryable: 'no',
    does: 'Nothing is changed, and the program ends with 4.',
    remedy: 'Stop every worker of that fleet, wait until they are gone, and try again.',
  },
  ROW_BROKEN: {
    what: 'A row of the lease table cannot be read as a lease.',
    scope: 'shard',
    retryable: 'no',
    does: 'Its shard waits, neither taken nor begun anew; the others go on.',
    remedy: 'Repair the attribute that the message names. To delete the row begins the shard anew.',
  },
};

const notStarted = { scope: 'worker', retryable: 'no', does: 'The worker does not start, and ends with 1.' } as const;

export const httpCodes: Entries<HttpErrorCode> = {
  HTTP_PORT_IN_USE: { ...notStarted, what: 'Another process listens there.', remedy: 'Choose another `http.port`, or 0 for a free one.' },
  HTTP_ADDRESS_DENIED: { ...notStarted, what: 'This user may not listen there.', remedy: 'Choose an `http.port` above 1023.' },
  HTTP_ADDRESS_UNKNOWN: { ...notStarted, what: 'The machine has no such address.', remedy: 'Set `http.host` to one of its own, or to 0.0.0.0 for all.' },
  HTTP_UNEXPECTED: { ...notStarted, what: 'Listening failed in another way.', remedy: 'Check `http.host` and `http.port`.' },
};
