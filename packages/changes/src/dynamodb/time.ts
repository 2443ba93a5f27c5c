// When DynamoDB says that a change happened, in microseconds. It knows no clock.

/** Without a stated precision the size tells: 10¹¹ seconds are the year 5138, 10¹¹ milliseconds were in 1973. LocalStack sends seconds. */
const firstMillisecond = 1e11;
const firstMicrosecond = 1e14;

function factorOf(time: number, precision: unknown): number | undefined {
  if (precision === 'MICROSECOND') return 1;
  if (precision === 'MILLISECOND') return 1000;
  if (precision !== undefined && precision !== null) return undefined;
  if (time < firstMillisecond) return 1_000_000;
  return time < firstMicrosecond ? 1000 : 1;
}

/** Microseconds since 1970 from `ApproximateCreationDateTime` and its precision; undefined when they do not make a time. */
export function creationMicros(time: unknown, precision: unknown): number | undefined {
  if (typeof time !== 'number' || !Number.isSafeInteger(time) || time < 0) return undefined;
  const factor = factorOf(time, precision);
  if (factor === undefined) return undefined;
  const micros = time * factor;
  return Number.isSafeInteger(micros) ? micros : undefined;
}

/**
 * Microseconds since 1970 from the `ApproximateCreationDateTime` of DynamoDB Streams: seconds, a part of one as a fraction, to the
 * nearest microsecond. What cannot be seconds is read by its size.
 */
export function secondsMicros(time: unknown): number | undefined {
  if (typeof time !== 'number' || Number.isSafeInteger(time) || time < 0 || time >= firstMillisecond) return creationMicros(time, undefined);
  // A double holds today's seconds to a quarter of a microsecond: six places after the point survive.
  const micros = Math.round(time * 1_000_000);
  return Number.isSafeInteger(micros) ? micros : undefined;
}
