// What an error says, whatever somebody threw.

export function errorText(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'an error that does not say anything';
  }
}
