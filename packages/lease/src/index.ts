// What this package offers.

export { type Adopted, adoptTable, type Copied, type CopyOptions, type CopyPlan, copyToMultiStream, planCopy } from './adopt.ts';
export { createRoute, isFailure, type Route } from './aws/route.ts';
export { type AwsFault, awsFaultOf } from './aws-fault.ts';
export { createDynamoClient, type DynamoClientOptions } from './dynamodb/client.ts';
export type { TableCreation } from './dynamodb/creation.ts';
export { type DynamoLeaseStoreOptions, dynamodbLeaseStore } from './dynamodb/store.ts';
export { LeaseError, type LeaseErrorCode } from './errors.ts';
export { foreignTable } from './fleet/belongs.ts';
export { type Coordinator, type CoordinatorOptions, createCoordinator } from './fleet/coordinator.ts';
export { goneBefore, oldestFirst } from './fleet/shard-graph.ts';
export { comparePositions, parsePosition, positionText, samePosition } from './position.ts';
export { isBeingReassigned, isHeldBy, isOurs, validRequest } from './rows/marks.ts';
export { peersText } from './rows/peers.ts';
export { type LeasedStream, type LeaseNames, type StreamFinder, streamIdentityText } from './streams.ts';
export { systemMachine } from './system.ts';
export type { Clock, Machine, Random, Timers } from './time.ts';
export type {
  BrokenRow,
  Cargo,
  ChildShard,
  CoordinatorState,
  FleetView,
  HandedChange,
  HeldChange,
  HeldLease,
  Identity,
  Lease,
  LeaseEvent,
  LeaseRequest,
  LeaseStore,
  LeaseTimes,
  NewLease,
  PeerState,
  Position,
  PreparedCheckpoint,
  ShardListing,
  StreamIdentity,
  TablePart,
  TableRows,
  Written,
} from './types.ts';
