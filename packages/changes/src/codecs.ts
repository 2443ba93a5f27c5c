// Which codecs there are, and the one that chooses among them by looking. It knows no format.
import { debeziumCodec } from './debezium/codec.ts';
import { dmsCodec } from './dms/codec.ts';
import { dynamodbCodec } from './dynamodb/codec.ts';
import { dynamodbStreamsCodec } from './dynamodb-streams/codec.ts';
import { maxwellCodec } from './maxwell/codec.ts';
import { mongodbCodec } from './mongodb/codec.ts';
import { mysqlRowsCodec } from './mysql-rows/codec.ts';
import { undecodable } from './records/json.ts';
import { rowsCodec } from './rows/codec.ts';
import type { Codec, Decoded, RawRecord } from './types.ts';

/** Those that a record can be told by, in the order in which `auto` asks them. */
const telling: readonly Codec[] = [dynamodbCodec, dynamodbStreamsCodec, dmsCodec, debeziumCodec, maxwellCodec, mongodbCodec, mysqlRowsCodec];

/** Every wire format. A plain row looks like anything that is JSON: it has to be named. */
export const codecs: readonly Codec[] = [...telling, rowsCodec];

export function codecByName(name: string): Codec | undefined {
  return codecs.find((codec) => codec.name === name);
}

/** Another codec may read what this one does not. */
function isForeign(decoded: Decoded): boolean {
  return decoded.kind === 'undecodable' && ['UNKNOWN_FORMAT', 'NOT_JSON', 'EMPTY'].includes(decoded.error.code);
}

function decodedByNobody(record: RawRecord, last: Decoded | undefined): Decoded {
  // Whoever read the record before this one says best what is wrong with it, unless it looks like another format altogether.
  const refused = last ?? dynamodbCodec.decode(record);
  if (refused.kind === 'undecodable' && refused.error.code !== 'UNKNOWN_FORMAT') return refused;
  const names = telling.map((codec) => codec.name).join(', ');
  return undecodable(
    'UNKNOWN_FORMAT',
    `The record is of none of the formats that can be told by looking (${names}); it is not decoded. Name the format if it is one of them or plain rows, or keep such records out of the stream.`,
  );
}

export interface AutoOptions {
  /** Called when records of a stream are first read as this format. */
  onChosen?(choice: { readonly stream: string | undefined; readonly format: string }): void;
}

/** Streams whose format is remembered; of more, the oldest is looked at anew. */
const streamsMax = 1_000;

/**
 * Chooses by looking at each record, and asks the codec of the stream's last record first: a stream of one format is parsed once a
 * record.
 */
export function autoCodec({ onChosen }: AutoOptions = {}): Codec {
  const chosen = new Map<string | undefined, { last: Codec; readonly told: Set<string> }>();
  const choose = (record: RawRecord): Codec | undefined => telling.find((codec) => codec.recognises(record));

  function remember(stream: string | undefined, codec: Codec): void {
    const known = chosen.get(stream) ?? { last: codec, told: new Set<string>() };
    known.last = codec;
    if (!chosen.has(stream) && chosen.size >= streamsMax) chosen.delete(chosen.keys().next().value);
    chosen.set(stream, known);
    if (known.told.has(codec.name)) return;
    known.told.add(codec.name);
    onChosen?.({ stream, format: codec.name });
  }

  return {
    name: 'auto',
    about: 'Whatever one of the other formats recognises, stream by stream and record by record; plain rows have to be named.',
    examples: [],
    recognises: (record) => choose(record) !== undefined,
    decode(record) {
      const stream = record.shard?.stream;
      const decoded = chosen.get(stream)?.last.decode(record);
      if (decoded !== undefined && !isForeign(decoded)) return decoded;
      const found = choose(record);
      if (found === undefined) return decodedByNobody(record, decoded);
      remember(stream, found);
      return found.decode(record);
    },
  };
}
