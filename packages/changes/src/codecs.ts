// Which codecs there are, and the one that chooses among them by looking. It knows no format.

import { dynamodbCodec } from './dynamodb/codec.ts';
import { readJson, undecodable } from './records/json.ts';
import type { Codec, Decoded, RawRecord } from './types.ts';

/** Every wire format, in the order in which `auto` asks them. */
export const codecs: readonly Codec[] = [dynamodbCodec];

export function codecByName(name: string): Codec | undefined {
  return codecs.find((codec) => codec.name === name);
}

function isForeign(decoded: Decoded): boolean {
  return decoded.kind === 'undecodable' && decoded.error.code === 'UNKNOWN_FORMAT';
}

function decodedByNobody(record: RawRecord): Decoded {
  const read = readJson(record);
  if (read.kind === 'undecodable') return read;
  const names = codecs.map((codec) => codec.name).join(', ');
  return undecodable(
    'UNKNOWN_FORMAT',
    `The record is JSON, but of none of the formats known here (${names}); it is not decoded. Name the format if it is one of them, or keep such records out of the stream.`,
  );
}

/** Chooses by looking at each record and asks the last one's codec first, so a stream of one format is parsed once a record. */
export function autoCodec(): Codec {
  let last: Codec | undefined;
  const choose = (record: RawRecord): Codec | undefined => codecs.find((codec) => codec.recognises(record));
  const decode = (record: RawRecord): Decoded => {
    const decoded = last?.decode(record);
    if (decoded !== undefined && !isForeign(decoded)) return decoded;
    const found = choose(record);
    if (found === undefined) return decodedByNobody(record);
    last = found;
    return found.decode(record);
  };
  return { name: 'auto', recognises: (record) => choose(record) !== undefined, decode };
}
