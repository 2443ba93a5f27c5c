// What the two sides of an embedded server's process say to each other. It knows no server's inside.

/** What the child is asked to be. */
export type ServerOrder =
  | { readonly server: 'kinesalite' }
  | { readonly server: 'kinesis-local' }
  | { readonly server: 'dynalite' }
  | { readonly server: 'postgres'; readonly durable: boolean };

/** The child's one message: where it listens, or why it does not. */
export type ServerReport = { readonly kind: 'ready'; readonly url: string } | { readonly kind: 'failed'; readonly message: string };

/** A server inside the child. `close` ends it and removes what it kept. */
export interface Served {
  readonly url: string;
  close(): Promise<void>;
}
