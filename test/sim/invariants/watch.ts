// What all invariants share: who acts, and how a violation is told. The first violation ends the run.

/** A worker as the invariants know it. */
export interface Actor {
  readonly name: string;
  /** Its name and which of its incarnations it is, for people. */
  readonly label: string;
  /** Absent: a Java worker. */
  readonly incarnation?: string;
}

export interface Violation {
  /** Number in the list of `README.md`. */
  readonly invariant: number;
  readonly text: string;
  readonly atMs: number;
}

export type Fail = (invariant: number, text: string) => void;
