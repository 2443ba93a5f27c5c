// A row's fault that is found before SQLite sees the row.
import type { SinkRowError } from '../types.ts';

export class RowFault extends Error implements SinkRowError {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'RowFault';
    this.code = code;
  }
}
