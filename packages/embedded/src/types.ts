// What an embedded server offers: where it listens and how it ends. It knows no server in particular.

/** A server of one's own on a free loopback port; its data goes with it. */
export interface Embedded {
  /** `http://127.0.0.1:PORT` or `postgres://...`. */
  readonly url: string;
  /** Ends the server and removes its data; safe to call twice. */
  stop(): Promise<void>;
}
