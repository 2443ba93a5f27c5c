// What the codecs share whose records are JSON and are told by their looks: parse once, look, decode. It knows no format.
import type { Codec, Decoded, RawRecord } from '../types.ts';
import { readExactTree } from './exact-tree.ts';
import { readJson, type Undecodable, undecodable } from './json.ts';
import type { LongNumbers } from './long-numbers.ts';

interface JsonFormat<Tree> {
  isOurs(tree: unknown): tree is Tree;
  /** Why a record that is JSON, but not of the format, is not decoded, and what to do. */
  readonly foreign: string;
  /** `numbers`: those that the tree does not hold. */
  decodeTree(tree: Tree, record: RawRecord, numbers: LongNumbers | undefined): Decoded;
}

export function jsonFormat<Tree>({ isOurs, foreign, decodeTree }: JsonFormat<Tree>): Pick<Codec, 'recognises' | 'decode'> {
  /** What is wrong with another format's record is not for this one to say. */
  const isForeign = (record: RawRecord, { error }: Undecodable): boolean => {
    const plain = error.code === 'TOO_LARGE' || error.code === 'TOO_DEEP' ? readJson(record) : undefined;
    return plain?.kind === 'json' && !isOurs(plain.value);
  };
  return {
    recognises(record) {
      const read = readJson(record);
      return read.kind === 'json' && isOurs(read.value);
    },
    decode(record) {
      const read = readExactTree(record);
      if (read.kind === 'undecodable') return isForeign(record, read) ? undecodable('UNKNOWN_FORMAT', foreign) : read;
      return isOurs(read.value) ? decodeTree(read.value, record, read.numbers) : undecodable('UNKNOWN_FORMAT', foreign);
    },
  };
}
