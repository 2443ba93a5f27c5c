// What `@shardfold/consumer/testing` offers: the suite that every shard source passes, a Kinesis in memory whose calls can be
// disturbed, a whole consumer over it, a stream in memory for what comes after a source, and aggregates to put into either. No test
// runner is needed.
export { createMemoryTable, createVirtualTime, type MemoryLeaseTable, memoryLeaseStore, type VirtualMachine, type VirtualTime } from '@shardfold/lease/testing';
export { type ByteBudget, createByteBudget } from '../memory/byte-budget.ts';
export { aggregate, type RecordToAggregate } from './aggregate.ts';
export type { Ability, StreamUnderTest } from './conformance/harness.ts';
export { type ConformanceTest, shardSourceConformance } from './conformance/suite.ts';
export { type Disturbance, disturbedService, type ServiceCall, type ServiceHook } from './disturbed-service.ts';
export { type MemoryConsumerOptions, memoryConsumer } from './memory-consumer.ts';
export { type MemoryKinesis, type MemoryKinesisOptions, memoryKinesis } from './memory-kinesis/memory-kinesis.ts';
export type { RecordToPut } from './memory-kinesis/streams.ts';
export { type MemoryStream, type MemoryStreamOptions, memoryStream } from './memory-stream.ts';
