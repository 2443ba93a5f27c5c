// The code of an error, and the exit code that it earns. Pure.

/** Refused because somebody else holds it, not failed. */
const heldCodes = new Set(['HELD_BY_OTHERS', 'TABLE_FOREIGN']);

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function exitCodeOf(error: unknown): 1 | 4 {
  const code = codeOf(error);
  return code !== undefined && heldCodes.has(code) ? 4 : 1;
}
