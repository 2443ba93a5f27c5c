// What `@shardfold/sinks/testing` offers: the suite that every sink passes, a sink in memory, and material for tests.
export { sinkConformance } from './conformance.ts';
export type { SinkUnderTest } from './law.ts';
export { at, fold, groupsOf, type HistoryEvent, mutationOf, origin, permutations, put, remove, rowOf, target, textKey, textRow } from './material.ts';
export { type MemorySink, type MemorySinkOptions, memorySink, type StoredRow } from './memory-sink.ts';
