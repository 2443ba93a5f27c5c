// Records in the shape of Maxwell's daemon, made up for the tests. It expects nothing.
import type { Decoded } from '../../src/index.ts';
import { maxwellCodec } from '../../src/maxwell/codec.ts';
import { recordOf } from './records.ts';

export const second = 1477053217;

export function maxwellRecord(type: string, parts: object = {}): object {
  return { database: 'test', table: 'e', type, ts: second, ...parts };
}

export function decodeMaxwell(content: unknown, place: { readonly sequence?: string; readonly subSequence?: number } = {}): Decoded {
  return maxwellCodec.decode(recordOf(content, place));
}
