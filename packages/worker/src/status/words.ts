// Positions and errors as texts that may be shown. It knows no page.
import type { Position } from '@shardfold/consumer';
import type { DeadLetterConfig } from '../config/config.ts';
import { maskText } from '../config/secrets.ts';

export function positionText(position: Position): string {
  return position.kind === 'sequence' ? position.sequence : position.kind;
}

export function textOf(error: unknown): string {
  return maskText(error instanceof Error ? error.message : String(error));
}

/** Where the letters go that do not stay beside the data. */
export function letterPlaceText(config: DeadLetterConfig): string {
  switch (config.kind) {
    case 'file':
      return `file ${config.path}`;
    case 's3':
      return `bucket ${config.bucket}`;
    case 'sqs':
      return `queue ${maskText(config.queueUrl)}`;
    default:
      return config.kind;
  }
}
