// A row's fault that is found before the server is asked. It knows no row.
import type { SinkRowError } from './types.ts';

/** Of rows that a sink itself refuses; a server's own codes stand beside them. */
export type RowCode =
  | 'BAD_VALUE'
  | 'BAD_VERSION'
  | 'KEY_CHANGED'
  | 'KEY_RANGE'
  | 'KEY_TYPE'
  | 'NAME_RESERVED'
  | 'NOT_UNICODE'
  | 'NO_ROOM'
  | 'NUL_IN_NAME'
  | 'NUMBER_RANGE'
  | 'PATCH_UNSUPPORTED'
  | 'ROW_TOO_LARGE'
  | 'TOO_LARGE';

/** Thrown where a statement would be made; sorted like a refusal of the server. */
export class RowFault extends Error implements SinkRowError {
  readonly code: RowCode;
  constructor(code: RowCode, message: string) {
    super(message);
    this.name = 'RowFault';
    this.code = code;
  }
}
