// What `@shardfold/consumer/testing` offers: the suite that every shard source passes, and a stream in memory.
export { type ByteBudget, createByteBudget } from '../memory/byte-budget.ts';
export { type StreamUnderTest, shardSourceConformance } from './conformance.ts';
export { type MemoryStream, type MemoryStreamOptions, memoryStream } from './memory-stream.ts';
