// Whether a stream of DynamoDB carries what a table is made of, by its view type. It reads no stream.
import { isObject, readJson } from '../records/json.ts';
import type { RawRecord } from '../types.ts';

const withNewImage: readonly string[] = ['NEW_IMAGE', 'NEW_AND_OLD_IMAGES'];

/** What a person does about it, as part of a message. */
export const howToGetImages =
  "A stream's view type cannot be changed: disable the table's stream, enable it again with NEW_IMAGE or NEW_AND_OLD_IMAGES, and read the new stream";

/**
 * Why a stream of this `StreamViewType` cannot be made into a table, as a message; undefined where it can. To be asked when a worker
 * starts, with what `DescribeStream` or a record says: later every INSERT and MODIFY would be undecodable.
 */
export function viewTypeProblem(viewType: string): string | undefined {
  if (withNewImage.includes(viewType)) return undefined;
  return `The stream's view type is ${viewType.slice(0, 30)}, so its records do not carry the items as they are after a change, and no table can be made of them. ${howToGetImages}.`;
}

/** The `StreamViewType` that a record of DynamoDB Streams names; undefined for any other record. */
export function viewTypeOf(record: RawRecord): string | undefined {
  const read = readJson(record);
  if (read.kind === 'undecodable' || !isObject(read.value) || !isObject(read.value.dynamodb)) return undefined;
  const { StreamViewType: viewType } = read.value.dynamodb;
  return typeof viewType === 'string' ? viewType : undefined;
}
