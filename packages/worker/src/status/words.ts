// Positions and errors as texts that may be shown. It knows no page.
import type { Position } from '@shardfold/consumer';
import { maskText } from '../config/secrets.ts';

export function positionText(position: Position): string {
  return position.kind === 'sequence' ? position.sequence : position.kind;
}

export function textOf(error: unknown): string {
  return maskText(error instanceof Error ? error.message : String(error));
}
