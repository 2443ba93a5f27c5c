// What `@shardfold/sinks/testing` offers: the suite that every sink passes, a sink in memory, and material for tests.

export { noVersion } from '../partial/fold.ts';
export { sinkConformance } from './conformance.ts';
export { fold, foldRows, groupsOf, type HistoryEvent, mutationOf, permutations, sequence, shuffled } from './history.ts';
export { type SinkTraits, type SinkUnderTest, type SuiteOptions, sqlTraits } from './law.ts';
export { type LetterLaw, letterStoreLaws, plainLetter } from './laws-letters.ts';
export { append, at, imageOf, origin, patch, put, remove, rowOf, target, textKey, textRow } from './material.ts';
export { type MemorySink, type MemorySinkOptions, memorySink } from './memory-sink.ts';
export { dataOfColumns, type StoredRow, textOfValue } from './stored-row.ts';
