// Bytes as base64 text. It knows nothing else.
import { bufferOf } from './bytes.ts';

export function base64(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('base64');
}
