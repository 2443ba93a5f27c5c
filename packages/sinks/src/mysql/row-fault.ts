// A row's fault that is found before the server is asked. It knows no row.

/** Thrown where a statement would be made; sorted like a refusal of the server. */
export class RowFault extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'RowFault';
    this.code = code;
  }
}
