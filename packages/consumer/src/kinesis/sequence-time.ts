// When Kinesis gave out a sequence number. The layout is documented nowhere; kinesalite found it out, and real numbers bear it
// out. So this may warn, and decides nothing.

const hexDigits = 47;
const version = '2';
const secondsFrom = 29;
const secondsTo = 38;

/** Milliseconds since 1970; undefined for a number of another layout. */
export function sequenceTimeMs(sequence: string): number | undefined {
  if (!/^[0-9]+$/.test(sequence)) return undefined;
  const hex = BigInt(sequence).toString(16);
  if (hex.length !== hexDigits || !hex.endsWith(version)) return undefined;
  return Number.parseInt(hex.slice(secondsFrom, secondsTo), 16) * 1000;
}
