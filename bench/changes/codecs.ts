// What each codec costs beside `JSON.parse` of the same payload, by kinds of records: `decode` from bytes to changes, and that with
// the rows as plain JSON text. `--codec NAME` for one, `--rounds N`, `--records N`. At the end it names the kinds whose `decode` takes
// more than is allowed, and fails if there are any.
import { parseArgs } from 'node:util';
import { type ChangeEvent, type Codec, codecByName, type RawRecord, type TextPolicy } from '@shardfold/changes';
import { type Kind, kinds } from './records.ts';
import { type Player, timed } from './rounds.ts';

const { values } = parseArgs({
  options: { codec: { type: 'string' }, rounds: { type: 'string', default: '15' }, records: { type: 'string', default: '4000' } },
});
const policy: TextPolicy = { numbers: 'exact', drop: [], rename: {} };
const allowed = 3;

interface Given {
  readonly record: RawRecord;
  /** The payload, or the same as JSON where it is none. */
  readonly json: Buffer;
}

function textLength(event: ChangeEvent): number {
  if (event.kind === 'truncate') return 1;
  return (event.after?.json(policy).length ?? 0) + (event.before?.json(policy).length ?? 0);
}

function playersOf(codec: Codec): readonly Player<Given>[] {
  return [
    { name: 'JSON.parse', run: ({ json }) => Object.keys(JSON.parse(json.toString('utf8'))).length },
    { name: 'decode', run: ({ record }) => (codec.decode(record).kind === 'undecodable' ? 0 : 1) },
    {
      name: 'decode and json',
      run: ({ record }) => {
        const decoded = codec.decode(record);
        if (decoded.kind === 'undecodable') throw new Error(decoded.error.message);
        return decoded.kind === 'ignored' ? 1 : decoded.events.reduce((sum, event) => sum + textLength(event), 1);
      },
    },
  ];
}

interface Measured {
  readonly line: string;
  /** What `decode` takes, by `JSON.parse`. */
  readonly ratio: number;
}

function measured(kind: Kind): Measured {
  const codec = codecByName(kind.codec);
  if (codec === undefined) throw new Error(`There is no codec ${kind.codec}.`);
  const given = kind.records.map((record, at) => ({ record, json: Buffer.from(kind.json[at] ?? '') }));
  const players = timed(playersOf(codec), given, { rounds: Number(values.rounds), times: Number(values.records) });
  const numbers = [kind.records[0]?.bytes().byteLength ?? 0, ...players.map(({ nanoseconds }) => nanoseconds.toFixed(0))].map((cell) =>
    String(cell).padStart(9),
  );
  const ratios = players.slice(1).map(({ ofFirst }) => ofFirst.toFixed(2).padStart(8));
  const ratio = players[1]?.ofFirst ?? Number.NaN;
  const mark = ratio <= allowed ? '' : '  over';
  return { line: `${kind.codec.padEnd(17)}${kind.name.slice(0, 60).padEnd(62)}${numbers.join('')}${ratios.join('')}${mark}`, ratio };
}

console.log(`${'codec'.padEnd(17)}${'records'.padEnd(62)}    bytes    parse   decode  + json   ratio  + json`);
const wanted = kinds.filter(({ codec }) => values.codec === undefined || values.codec === codec);
if (wanted.length === 0) throw new Error(`There are no records of a codec ${values.codec}.`);
const over: string[] = [];
for (const kind of wanted) {
  const { line, ratio } = measured(kind);
  console.log(line);
  if (!(ratio <= allowed)) over.push(`  ${kind.codec}, ${kind.name}: ${ratio.toFixed(2)}`);
}
console.log(`\n${over.length} of ${wanted.length} kinds take more than ${allowed} times JSON.parse${over.length === 0 ? '.' : ':'}`);
for (const each of over) console.log(each);
if (over.length > 0) process.exitCode = 1;
