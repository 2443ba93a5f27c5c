// Decimals as Kafka Connect writes them: the unscaled value as big-endian bytes in two's complement, and where the point is.
import type { Value } from '../types.ts';
import { bytesOfBase64, isBase64 } from '../values/base64.ts';
import { isNumberText, numberValue } from '../values/numbers.ts';

/** PostgreSQL's numeric has the largest scale, and 131,072 digits before the point: 54,430 bytes. */
const maxScale = 16_383;
const maxUnscaledBytes = 65_536;

function isScale(scale: unknown): scale is number {
  return typeof scale === 'number' && Number.isInteger(scale) && Math.abs(scale) <= maxScale;
}

function isUnscaled(base64: unknown): base64 is string {
  return typeof base64 === 'string' && base64 !== '' && base64.length <= maxUnscaledBytes * 2;
}

function unscaledOf(bytes: Uint8Array): bigint {
  const magnitude = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return BigInt.asIntN(bytes.length * 8, magnitude);
}

function pointed(digits: string, scale: number): string {
  if (scale <= 0) return digits + '0'.repeat(-scale);
  const padded = digits.padStart(scale + 1, '0');
  return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** Six bits each. */
const digitsPerLetter = 6 * Math.log10(2);

/** How many characters `decimalValue` makes of these at most; 0 where it makes none. */
export function decimalLength(base64: unknown, scale: unknown): number {
  return isUnscaled(base64) && isScale(scale) ? 3 + Math.ceil(base64.length * digitsPerLetter) + Math.abs(scale) : 0;
}

/** The number; undefined when text or scale (an integer) make none. */
export function decimalValue(base64: unknown, scale: unknown): Value | undefined {
  if (!isScale(scale) || !isUnscaled(base64) || !isBase64(base64)) return undefined;
  const bytes = bytesOfBase64(base64);
  if (bytes.length > maxUnscaledBytes) return undefined;
  const unscaled = unscaledOf(bytes);
  const text = `${unscaled < 0n ? '-' : ''}${pointed((unscaled < 0n ? -unscaled : unscaled).toString(), scale)}`;
  return isNumberText(text) ? numberValue(text) : undefined;
}
