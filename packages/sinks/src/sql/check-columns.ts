// Whether a table's columns are still those that a statement was made for, and what to do when they are not. It changes nothing.
import type { Send } from './connections.ts';
import { ColumnsChanged } from './dialect.ts';
import type { TableView } from './view.ts';

/** Columns are read again so often for one piece of work; each time somebody has changed the table. */
export const maxReplans = 50;

/** For a transaction that has the table already. Throws `ColumnsChanged`. */
export async function checkColumns({ columns, engine: { dialect }, shape }: TableView, send: Send): Promise<void> {
  if (columns === undefined || dialect.fingerprint === undefined) return;
  if ((await dialect.fingerprint(send, shape.rows)) !== columns.fingerprint) throw new ColumnsChanged();
}

/** Acts, and acts again after `reload` as long as the columns change meanwhile. */
export async function withFreshColumns<T>(act: () => Promise<T>, reload: () => Promise<void>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ColumnsChanged) || attempt === maxReplans) throw error;
    }
    await reload();
  }
}
