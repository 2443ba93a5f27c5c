// Records of a page as they stand in an answer, rendered once for a wire; before each answer only the digits of shard and page
// are written into it. It knows no request.
import { encode } from './cbor.ts';
import { partitionKey, recordsPerPage, recordText } from './record.ts';
import { pageDigits, sequenceOf, shardDigits } from './sequence.ts';

export type Wire = 'json' | 'cbor';

/** Bytes on loan: nobody else writes into them until `giveBack`. */
export interface Lent {
  readonly bytes: Buffer;
  giveBack(): void;
}

export interface Pages {
  /** Records `index` to `index + count` of the shard, all of one page; JSON's have a comma after each but the last. */
  lend(shard: number, index: number, count: number): Lent;
}

/** Copies of a page (9 to 12 MB) that are kept for the next answers; one more than that is given up after its answer. */
const idleMax = 64;
const arrivalMs = Date.now();

function renderRecord(wire: Wire, index: number): Buffer {
  const data = Buffer.from(recordText(index));
  const sequence = sequenceOf(0, index);
  if (wire === 'cbor')
    return encode({ ApproximateArrivalTimestamp: new Date(arrivalMs), Data: data, PartitionKey: partitionKey(index), SequenceNumber: sequence });
  const named = { Data: data.toString('base64'), PartitionKey: partitionKey(index), SequenceNumber: sequence };
  return Buffer.from(`{"ApproximateArrivalTimestamp":${arrivalMs / 1000},${JSON.stringify(named).slice(1)},`);
}

export function createPages(wire: Wire): Pages {
  const records = Array.from({ length: recordsPerPage }, (_, index) => renderRecord(wire, index));
  const first = records[0] ?? Buffer.alloc(0);
  const stride = first.length;
  const sequenceAt = first.indexOf(sequenceOf(0, 0));
  if (sequenceAt < 0 || records.some((record) => record.length !== stride)) throw new Error('Records differ in width: answers cannot be rendered ahead.');
  const template = Buffer.concat(records);
  const idle: Buffer[] = [];
  return {
    lend(shard, index, count) {
      const page = idle.pop() ?? Buffer.from(template);
      const from = (index % recordsPerPage) * stride;
      const bytes = page.subarray(from, from + count * stride);
      const sequence = Buffer.from(sequenceOf(shard, index));
      for (let record = sequenceAt; record < bytes.length; record += stride) {
        write(bytes, record, sequence, shardDigits);
        write(bytes, record, sequence, pageDigits);
      }
      return {
        bytes: wire === 'json' ? bytes.subarray(0, -1) : bytes,
        giveBack() {
          if (idle.length < idleMax) idle.push(page);
        },
      };
    },
  };
}

/** By hand: a `set` of a dozen bytes costs several times as much, and there are twenty thousand an answer. */
function write(target: Buffer, record: number, sequence: Buffer, { at, width }: { readonly at: number; readonly width: number }): void {
  for (let digit = at; digit < at + width; digit += 1) target[record + digit] = sequence[digit] ?? 0;
}
