// A connection of a pool for one use: had in time, cut off when it takes too long, and thrown away when its state is not known. It knows
// no driver.
import type { Timers } from '../ports.ts';
import type { Patience } from './connections.ts';
import { timeoutsMs } from './patience.ts';
import { connected, startDeadline } from './waiting.ts';

export interface Clients<Client> {
  readonly product: string;
  readonly timers: Timers;
  acquire(): Promise<Client>;
  /** Whatever it does ends. */
  cut(client: Client): void;
  /** Whether its state is known after a use that threw this. */
  isUsable(client: Client, error: unknown): boolean;
  /** To the next one, or thrown away. */
  release(client: Client, usable: boolean): void;
}

/** Throws what `use` throws, and `SinkError` when time is up or the signal aborts. */
export async function withClient<Client, T>(
  clients: Clients<Client>,
  patience: Patience,
  signal: AbortSignal,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const { product, timers } = clients;
  const client = await connected(product, clients.acquire, (unwanted) => clients.release(unwanted, true), signal);
  const deadline = startDeadline({ product, timers, timeoutMs: timeoutsMs[patience], signal }, () => clients.cut(client));
  let usable = true;
  try {
    return await use(client);
  } catch (error) {
    usable = clients.isUsable(client, error);
    throw deadline.ended() ?? error;
  } finally {
    deadline.over();
    clients.release(client, usable && deadline.ended() === undefined);
  }
}
