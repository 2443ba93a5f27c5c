// Bytes to lines, as bytes: a line need not be text. JSON that was printed over several lines is one of them. It knows nothing else of
// what a line holds.

/** Kinesis gives at most 10 MiB a call; as base64 inside an event that is under 16. */
export const lineBytesMax = 16 * 1024 * 1024;
const lineEnd = 0x0a;

export type Line = { readonly kind: 'line'; readonly number: number; readonly bytes: Uint8Array } | { readonly kind: 'too-long'; readonly number: number };

/** A line's end is not part of it. Of a line that is too long nothing is kept. */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  const take = (): Line => {
    const line: Line = length > lineBytesMax ? { kind: 'too-long', number } : { kind: 'line', number, bytes: Buffer.concat(parts) };
    parts = [];
    length = 0;
    number += 1;
    return line;
  };
  const add = (part: Uint8Array): void => {
    length += part.length;
    if (length <= lineBytesMax) parts.push(part);
    else parts = [];
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(lineEnd); at !== -1; at = chunk.indexOf(lineEnd, from)) {
      add(chunk.subarray(from, at));
      yield take();
      from = at + 1;
    }
    add(chunk.subarray(from));
  }
  if (length > 0) yield take();
}

/** Of one value that was printed over several. */
const joinedLinesMax = 100_000;
const opening = Buffer.from('{');
const closing = Buffer.from('}');

function isJust(line: Line, sign: Buffer): boolean {
  if (line.kind === 'too-long' || line.bytes.length > sign.length + 1) return false;
  const text = Buffer.from(line.bytes);
  return text.equals(sign) || text.equals(Buffer.concat([sign, Buffer.from('\r')]));
}

function joined(lines: readonly Line[]): Line {
  const number = lines[0]?.number ?? 0;
  const parts = lines.flatMap((line) => (line.kind === 'line' ? [line.bytes, Buffer.from([lineEnd])] : []));
  return { kind: 'line', number, bytes: Buffer.concat(parts) };
}

/**
 * Lines from one that is `{` alone to the next that is `}` alone are one, as AWS DMS prints its records by default. What is not closed
 * within `lineBytesMax` is given line by line.
 */
export async function* joinPretty(lines: AsyncIterable<Line>): AsyncGenerator<Line> {
  let held: Line[] = [];
  let length = 0;
  for await (const line of lines) {
    if (held.length === 0 && !isJust(line, opening)) {
      yield line;
      continue;
    }
    held.push(line);
    length += line.kind === 'line' ? line.bytes.length + 1 : lineBytesMax + 1;
    const isClosed = isJust(line, closing);
    const fits = length <= lineBytesMax && held.length <= joinedLinesMax;
    if (!isClosed && fits) continue;
    if (isClosed && fits) yield joined(held);
    else yield* held;
    held = [];
    length = 0;
  }
  yield* held;
}
