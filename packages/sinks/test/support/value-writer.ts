// What makes BSON of rows, for tests of what writes them. It knows no server.
import { Decimal128 } from 'mongodb';
import { newWriter, type ValueWriter } from '../../src/mongodb/values.ts';

export function valueWriter(): ValueWriter {
  return newWriter((digits) => Decimal128.fromString(digits));
}
