// A processor of the npm package aws-kcl that counts, as the daemon's child for one shard, and checkpoints every five seconds. After
// each batch it writes its count to a file of its own. From the environment: AWS_KCL (the package's folder), COUNTS (a folder).
import { openSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

interface Input {
  readonly records?: readonly { readonly sequenceNumber: string }[];
  readonly checkpointer?: { checkpoint(sequence: string | undefined, done: () => void): void };
}

type Step = (input: Input, done: () => void) => void;

const { AWS_KCL = '', COUNTS = '' } = process.env;
const kcl = createRequire(import.meta.url)(AWS_KCL) as (steps: Readonly<Record<string, Step>>) => { run(): void };
const checkpointMs = 5_000;
const width = 16;
const file = openSync(join(COUNTS, String(process.pid)), 'w');

let counted = 0;
let firstRecordMs: number | undefined;
let checkpointedMs = performance.now();

const finish: Step = (_input, done) => done();
const finishSaved: Step = ({ checkpointer }, done) => checkpointer?.checkpoint(undefined, done);

kcl({
  initialize: finish,
  processRecords({ records = [], checkpointer }, done) {
    const last = records.at(-1);
    if (last === undefined) return done();
    firstRecordMs ??= Date.now();
    counted += records.length;
    // In place and always as long: whoever reads it meanwhile sees one count or the other.
    writeSync(file, [counted, firstRecordMs].map((number) => String(number).padStart(width)).join(''), 0);
    if (performance.now() - checkpointedMs < checkpointMs) return done();
    checkpointedMs = performance.now();
    checkpointer?.checkpoint(last.sequenceNumber, done);
  },
  leaseLost: finish,
  shardEnded: finishSaved,
  shutdownRequested: finishSaved,
  shutdown: finish,
}).run();
process.stdin.once('end', () => process.exit(0));
