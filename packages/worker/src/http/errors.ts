// What can go wrong when the server starts to listen. It knows no route.

export type HttpErrorCode = 'HTTP_PORT_IN_USE' | 'HTTP_ADDRESS_DENIED' | 'HTTP_ADDRESS_UNKNOWN' | 'HTTP_UNEXPECTED';

export class HttpError extends Error {
  readonly code: HttpErrorCode;
  constructor(code: HttpErrorCode, message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'HttpError';
    this.code = code;
  }
}

/** Total: whatever listening throws becomes one of ours. */
export function listenError(thrown: unknown, host: string, port: number): HttpError {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  const address = `${host}:${port}`;
  switch (code) {
    case 'EADDRINUSE':
      return new HttpError(
        'HTTP_PORT_IN_USE',
        `The address ${address} is in use by another process; the worker does not start. Choose another http.port, or 0 for a free one.`,
        thrown,
      );
    case 'EACCES':
      return new HttpError('HTTP_ADDRESS_DENIED', `This user may not listen on ${address}; the worker does not start. Choose an http.port above 1023.`, thrown);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new HttpError(
        'HTTP_ADDRESS_UNKNOWN',
        `This machine has no address ${host}; the worker does not start. Set http.host to one of its own, or to 0.0.0.0 for all.`,
        thrown,
      );
    default:
      return new HttpError(
        'HTTP_UNEXPECTED',
        `Listening on ${address} failed (${thrown instanceof Error ? thrown.message : String(thrown)}); the worker does not start. Check http.host and http.port.`,
        thrown,
      );
  }
}
