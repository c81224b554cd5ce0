/** Something that must never be: a query whose rows are the offenders, the first column saying which. */
export interface Invariant {
  readonly name: string;
  /** What holds when the query is empty. */
  readonly holds: string;
  readonly offenders: string;
}
