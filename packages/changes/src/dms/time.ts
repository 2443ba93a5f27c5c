// The times of DMS's records: ISO 8601 in UTC with up to nine places of a second. It knows no clock.

const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
const fractionStart = 20;
const microPlaces = 6;

/** Microseconds since 1970; undefined for what is no such text, or a time before. */
export function isoMicros(text: unknown): number | undefined {
  if (typeof text !== 'string' || !shape.test(text)) return undefined;
  const places = text.slice(fractionStart, -1).slice(0, microPlaces);
  const seconds = Math.floor(Date.parse(text) / 1000);
  const micros = seconds * 1_000_000 + Number(places.padEnd(microPlaces, '0'));
  return Number.isSafeInteger(micros) && micros >= 0 ? micros : undefined;
}
