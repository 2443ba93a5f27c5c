// Writes the one request that is sent in CBOR. It knows nothing of answers.
import { cbor } from './cbor.ts';

const keyIterator = 'ShardIterator';
const keyLimit = 'Limit';

/** The first bytes of an item. `value` is below 2^16: iterators have some hundred bytes, limits end at 10,000. */
function head(major: number, value: number): Buffer {
  const type = major << 5;
  if (value < 24) return Buffer.from([type | value]);
  return value < 256 ? Buffer.from([type | 24, value]) : Buffer.from([type | 25, value >> 8, value & 255]);
}

function text(value: string): readonly Buffer[] {
  const bytes = Buffer.from(value);
  return [head(cbor.text, bytes.length), bytes];
}

export function encodeRequest(iterator: string, limit: number): Buffer {
  return Buffer.concat([head(cbor.map, 2), ...text(keyIterator), ...text(iterator), ...text(keyLimit), head(cbor.unsigned, limit)]);
}
