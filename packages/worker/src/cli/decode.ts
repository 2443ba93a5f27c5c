// `decode` and `formats`: what the codecs make of records, without the network.
import { autoCodec, type Codec, codecByName, codecs, type Decoded, describeDecoded } from '@shardfold/changes';
import { nearest } from '../config/near.ts';
import { CliError, type CliIo, type ExitCode } from './io.ts';
import { joinPretty, lineBytesMax, splitLines } from './lines.ts';
import { recordsOf } from './records.ts';

/** Output is handed on in pieces of about this size. */
const pieceLength = 64 * 1024;

function codecNamed(name: string): Codec {
  const codec = name === 'auto' ? autoCodec() : codecByName(name);
  if (codec !== undefined) return codec;
  const known = ['auto', ...codecs.map((each) => each.name)];
  const meant = nearest(name, known);
  throw new CliError(2, `There is no format "${name}"; ${meant === undefined ? `known are ${known.join(', ')}` : `did you mean "${meant}"?`}`);
}

export async function* readable(io: CliIo, file: string | undefined): AsyncGenerator<Uint8Array> {
  try {
    yield* file === undefined || file === '-' ? io.stdin() : io.readBytes(file);
  } catch (error) {
    throw new CliError(2, `${file ?? 'stdin'}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const tooLong: Decoded = {
  kind: 'undecodable',
  error: { code: 'TOO_LARGE', message: `The line is longer than ${lineBytesMax} bytes; it is not decoded. Write one record a line.` },
};

/** 3 when any record was undecodable. */
export async function decode(io: CliIo, file: string | undefined, flags: { readonly format: string; readonly stream?: string }): Promise<ExitCode> {
  const codec = codecNamed(flags.format);
  let code: ExitCode = 0;
  let piece = '';
  for await (const line of joinPretty(splitLines(readable(io, file)))) {
    const decoded = line.kind === 'too-long' ? [tooLong] : recordsOf(line, flags.stream).map((record) => codec.decode(record));
    for (const each of decoded) {
      if (each.kind === 'undecodable') code = 3;
      piece += describeDecoded(each)
        .map((text) => `${text}\n`)
        .join('');
    }
    if (piece.length < pieceLength) continue;
    await io.out(piece);
    piece = '';
  }
  if (piece !== '') await io.out(piece);
  return code;
}

/** What each format is, and an example of it; `shardfold decode` reads the example's text. */
export async function formats(io: CliIo, flags: { readonly json?: boolean }): Promise<ExitCode> {
  const list = codecs.map(({ name, about, examples }) => ({ name, recognises: about, example: examples[0]?.text, examples }));
  const text = list
    .map(({ name, recognises, example }) => [name, `  ${recognises}`, ...(example === undefined ? [] : [`  ${example}`])].join('\n'))
    .join('\n\n');
  await io.out(flags.json === true ? `${JSON.stringify(list, null, 2)}\n` : `${text}\n`);
  return 0;
}
