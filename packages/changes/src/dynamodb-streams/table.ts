// Which table a record of DynamoDB Streams is of: the record of the service itself does not say. It asks nobody.

const maxNameLength = 255;
/** Of a table or of one of its streams. */
const arn = /^arn:[^:]*:dynamodb:[^:]*:[^:]*:table\/([^/]+)(?:\/.*)?$/;

function nameOf(place: string): string | undefined {
  const name = place.startsWith('arn:') ? arn.exec(place)?.[1] : place;
  return name !== undefined && name !== '' && name.length <= maxNameLength ? name : undefined;
}

/**
 * The table's name from the record's `eventSourceARN`, which Lambda adds, else from where the record came from: a table's name or ARN,
 * or a stream's ARN. Undefined where neither tells: the ARN of another service is none.
 */
export function tableName(eventSourceArn: unknown, stream: string | undefined): string | undefined {
  if (typeof eventSourceArn === 'string') return eventSourceArn.startsWith('arn:') ? nameOf(eventSourceArn) : undefined;
  return stream === undefined ? undefined : nameOf(stream);
}
