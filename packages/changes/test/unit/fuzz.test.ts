// A hundred thousand records with a few bytes wrong, of every format: each gets an answer that holds together. `FUZZ_RUNS` for more,
// `FUZZ_SEED` for others.
import { expect, test } from 'vitest';
import { autoCodec, codecs, type Decoded, describeDecoded, type RawRecord, rawRecord } from '../../src/index.ts';
import { exampleOf, placeOf, realRecords, recordOf } from '../support/records.ts';

const runs = Number(process.env.FUZZ_RUNS ?? 100_000);
const firstSeed = Number(process.env.FUZZ_SEED ?? 1);
/** Looking into everything costs more than decoding. */
const lookedIntoEvery = 8;
const hostile = [
  '\u0000',
  '\\',
  '"',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '-',
  '1e999',
  '\ud800',
  '__proto__',
  'null',
  '\u00ff\u00fe',
  "'",
  'Decimal(',
  '9'.repeat(50),
].map((text) => Buffer.from(text));

function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, below);
  };
}

const records: readonly RawRecord[] = [...realRecords, ...codecs.flatMap((codec) => codec.examples.map(exampleOf))];
const corpus = records.flatMap((record) => [Buffer.from(record.bytes()), Buffer.from(record.partitionKey)]);

function mutated(original: Uint8Array, random: (below: number) => number): Buffer {
  let bytes = Buffer.from(original);
  for (let edits = 1 + random(3); edits > 0; edits -= 1) {
    const at = random(bytes.length + 1);
    const piece = hostile[random(hostile.length)] ?? Buffer.alloc(0);
    const other = corpus[random(corpus.length)] ?? Buffer.alloc(0);
    const from = random(other.length);
    const change = random(5);
    if (change === 0 && bytes.length > 0) bytes[at % bytes.length] = random(256);
    else if (change === 1) bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + random(4))]);
    else if (change === 2) bytes = bytes.subarray(0, at);
    else if (change === 3) bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + random(40)), bytes.subarray(at)]);
    else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(20))]);
  }
  return bytes;
}

function lookInto(decoded: Decoded): void {
  for (const line of describeDecoded(decoded)) JSON.parse(line);
  if (decoded.kind !== 'changes') return;
  for (const event of decoded.events) {
    if (!/^(0|[1-9]\d{0,64})$/.test(event.version.seq) || !Number.isSafeInteger(event.version.time))
      throw new Error(`version ${JSON.stringify(event.version)}`);
    if (event.kind === 'truncate') continue;
    event.after?.values();
    event.before?.values();
  }
}

test(`${runs} mutated records get an answer`, { timeout: 300_000 }, () => {
  const auto = autoCodec();
  const kinds = new Map<string, number>();
  for (let run = 0; run < runs; run += 1) {
    const random = randomOf(firstSeed * 1_000_003 + run);
    const original = records[random(records.length)] ?? recordOf('{}');
    const bytes = mutated(original.bytes(), random);
    // Debezium's key is there and nowhere else.
    const partitionKey = random(2) === 0 ? original.partitionKey : mutated(Buffer.from(original.partitionKey), random).toString();
    const record = rawRecord({ ...placeOf(original), bytes, partitionKey });
    const codec = codecs[run % codecs.length] ?? auto;
    try {
      const decoded = auto.decode(record);
      kinds.set(decoded.kind, (kinds.get(decoded.kind) ?? 0) + 1);
      const own = codec.decode(record);
      if (run % lookedIntoEvery === 0) {
        lookInto(decoded);
        lookInto(own);
      }
    } catch (error) {
      throw new Error(`run ${run} of seed ${firstSeed}: ${JSON.stringify([bytes.toString('latin1'), partitionKey])}`, { cause: error });
    }
  }
  // Mutations that only ever break a record would not show what becomes of those that still make sense.
  expect(Math.min(kinds.get('changes') ?? 0, kinds.get('undecodable') ?? 0)).toBeGreaterThan(runs / 20);
});
