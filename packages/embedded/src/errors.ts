// The one error of this package: an embedded server cannot be had. It knows no server in particular.

/** The message says what happened, and what a person can do. */
export class EmbeddedError extends Error {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'EmbeddedError';
  }
}
