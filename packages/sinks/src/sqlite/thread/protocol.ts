// What the two threads say to each other. Only plain data crosses.
import type { Answer, Statement } from '../../sql/connections.ts';

export type SqlValue = null | number | bigint | string | Uint8Array;

/** `?` stands for the parameters in this order: the key's parts, the version's two halves, and what the row holds. */
export interface HotTexts {
  /** One parameter, the target's name in the floors; answers `floor_time, floor_seq`. */
  readonly floor: string;
  /** Answers a row where any tombstone is there at all. */
  readonly anyTombstone: string;
  /** By key and version: answers a row where a tombstone is that new. */
  readonly tombstone: string;
  /** By all parameters; with soft deletes one more, whether the row is deleted. */
  readonly store: string;
  /** By key: answers a row where the row has patches. Absent where none can have any. */
  readonly patched: string | undefined;
  /** By key and version: deletes or flags the row that is no newer. */
  readonly outrank: string;
  /** By key and version: answers a row where one stands that the delete did not reach. */
  readonly standing: string;
  /** By key and version: writes the tombstone. */
  readonly bury: string;
}

export interface HotPlan {
  readonly texts: HotTexts;
  readonly keyParts: number;
  readonly soft: boolean;
  readonly floorName: string;
  /** How the columns must look; absent where nobody's change of them matters. `text` answers `fingerprint`. */
  readonly columns: { readonly text: string; readonly parameters: readonly string[]; readonly fingerprint: string } | undefined;
}

/** The parameters of many rows: one list for each `?` of the texts. A delete's end with its version. Few long lists cross cheaper than many short ones. */
export interface HotRows {
  readonly count: number;
  readonly parameters: readonly (readonly SqlValue[])[];
}

export interface HotPart {
  readonly puts: HotRows;
  readonly deletes: HotRows;
  /** Else another one follows. */
  readonly isLast: boolean;
}

/** All parts of one order are posted in one go, so that nothing comes between them. `given-up`: the rest could not be made; nothing is to be written. */
export type Following = HotPart | 'given-up';

export interface HotOrder {
  readonly plan: HotPlan;
  /** The others follow as messages of their own. */
  readonly first: HotPart;
}

/** Of all parts together. */
export interface HotOutcome {
  readonly applied: number;
  /** Places of rows that were not touched because they have patches. */
  readonly leftPuts: readonly number[];
  readonly leftDeletes: readonly number[];
}

/** What can be asked, and what is answered. `columns-changed`: nothing was written. `session-lost`: another thread had it, which is gone, and its transaction with it. */
export interface Operations {
  readonly run: { readonly asks: Statement; readonly answers: Answer };
  readonly transaction: { readonly asks: readonly Statement[]; readonly answers: readonly Answer[] };
  /** The first one of a session begins its transaction; the other sessions wait until it has ended. */
  readonly send: {
    readonly asks: { readonly session: number; readonly begins: boolean; readonly statements: readonly Statement[] };
    readonly answers: readonly Answer[] | 'session-lost';
  };
  readonly end: { readonly asks: { readonly session: number; readonly how: 'COMMIT' | 'ROLLBACK' }; readonly answers: null | 'session-lost' };
  readonly hot: { readonly asks: HotOrder; readonly answers: HotOutcome | 'columns-changed' };
  readonly close: { readonly asks: null; readonly answers: null };
}

export type OperationName = keyof Operations;

export type Request = { [Name in OperationName]: { readonly id: number; readonly name: Name; readonly asks: Operations[Name]['asks'] } }[OperationName];

/** What was thrown, as data. */
export interface Fault {
  readonly message: string;
  readonly errcode: number | undefined;
}

/** What the thread is started with. */
export interface Start {
  /** Absolute, or `:memory:`. */
  readonly path: string;
  /** Counts the parts that were posted after the first of their order: whoever waits for one sleeps on it. */
  readonly posted: Int32Array;
}

export type Reply = { readonly id: number } & ({ readonly answers: unknown } | { readonly fault: Fault });
