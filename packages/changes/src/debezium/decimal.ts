// Decimals as Kafka Connect writes them: the unscaled value as big-endian bytes in two's complement, and where the point is.
import type { Value } from '../types.ts';
import { bytesOfBase64, isBase64 } from '../values/base64.ts';
import { isNumberText, numberValue } from '../values/numbers.ts';

/** PostgreSQL's numeric has the largest scale, and 131,072 digits before the point: 54,430 bytes. */
const maxScale = 16_383;
const maxUnscaledBytes = 65_536;

function unscaledOf(bytes: Uint8Array): bigint {
  const magnitude = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return BigInt.asIntN(bytes.length * 8, magnitude);
}

function pointed(digits: string, scale: number): string {
  if (scale <= 0) return digits + '0'.repeat(-scale);
  const padded = digits.padStart(scale + 1, '0');
  return `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** The number; undefined when text or scale (an integer) make none. */
export function decimalValue(base64: unknown, scale: unknown): Value | undefined {
  if (typeof scale !== 'number' || !Number.isInteger(scale) || Math.abs(scale) > maxScale) return undefined;
  if (typeof base64 !== 'string' || base64 === '' || base64.length > maxUnscaledBytes * 2 || !isBase64(base64)) return undefined;
  const bytes = bytesOfBase64(base64);
  if (bytes.length > maxUnscaledBytes) return undefined;
  const unscaled = unscaledOf(bytes);
  const text = `${unscaled < 0n ? '-' : ''}${pointed((unscaled < 0n ? -unscaled : unscaled).toString(), scale)}`;
  return isNumberText(text) ? numberValue(text) : undefined;
}
