// Bytes to lines, as bytes: a line need not be text. It knows nothing of what a line holds.

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
