// A row's fault that is found before the server is asked. It knows no row.
import type { SinkRowError } from './types.ts';

/** Thrown where a statement would be made; sorted like a refusal of the server. */
export class RowFault extends Error implements SinkRowError {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'RowFault';
    this.code = code;
  }
}
