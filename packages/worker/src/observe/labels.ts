// The bounded sets that labels are from: a label's value is never a key, an id or a message. It counts nothing.

export const labels = {
  recordOutcomes: ['decoded', 'ignored', 'dead_lettered', 'abandoned'],
  changeOutcomes: ['applied', 'superseded', 'unresolved', 'filtered', 'dead_lettered', 'abandoned'],
  counted: ['records', 'changes'],
  writeOutcomes: ['ok', 'failed'],
  operations: [
    'create',
    'take',
    'renew',
    'checkpoint',
    'request',
    'transfer',
    'accept',
    'cancel',
    'release',
    'finish',
    'disown',
    'remove',
    'rewind',
    'ring',
    'vouch',
  ],
  operationOutcomes: ['applied', 'stale', 'failed'],
  lossReasons: ['taken', 'fenced', 'deleted', 'broken', 'abandoned'],
  /** There from the start; others come as they occur, up to a bound. */
  deadLetterReasons: ['NOT_JSON', 'UNKNOWN_FORMAT', 'BROKEN_RECORD', 'BROKEN_VALUE', 'ROW_WITHOUT_KEY'],
} as const;

export interface Bounds {
  operation(name: string): string;
  sink(name: string): string;
  reason(code: string): string;
}

const reasonsMax = 50;
const codeShape = /^[A-Za-z0-9_]{1,40}$/;

/** Values outside the bounds become `other`; a change that no sink takes has the sink `none`. */
export function createBounds(): Bounds {
  const operations: ReadonlySet<string> = new Set(labels.operations);
  const reasons = new Set<string>(labels.deadLetterReasons);
  return {
    operation: (name) => (operations.has(name) ? name : 'other'),
    sink: (name) => (name === '' ? 'none' : name),
    reason(code) {
      if (!reasons.has(code) && codeShape.test(code) && reasons.size < reasonsMax) reasons.add(code);
      return reasons.has(code) ? code : 'other';
    },
  };
}
