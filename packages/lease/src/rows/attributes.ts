// The names of a lease row's attributes: the Java KCL's own, and the private ones with which our workers talk to each other.

export const leaseKeyName = 'leaseKey';

/** Value of `entityType` in a lease row of KCL 3.5; older rows have none. */
export const leaseEntity = 'LEASE';

/** A checkpoint that was prepared and not committed. Apart from `leaseNames`: what cannot be read as one is left alone. */
export const pendingNames = ['pendingCheckpoint', 'pendingCheckpointSubSequenceNumber', 'pendingCheckpointState'] as const;

export const requestNames = ['sfNext', 'sfNextHolder', 'sfAsked'] as const;

/**
 * Marks of ours that belong to the table and to the stream, not to whoever holds the row: no hand-over, release or yielding to
 * a Java worker removes them, though it removes all other marks. A bell that is gone would wake nobody, a source that is gone
 * would let the table be read for another stream, and a fleet that was vouched for would be watched again.
 */
const tableNames = ['sfBell', 'sfFreed', 'sfSource', 'sfPeers'] as const;

/** Everything the codec turns into a `Lease`; all else in a row (`entityType` too) is somebody else's and is left alone. */
export const leaseNames = [
  leaseKeyName,
  'leaseOwner',
  'leaseCounter',
  'ownerSwitchesSinceCheckpoint',
  'checkpoint',
  'checkpointSubSequenceNumber',
  'parentShardId',
  'childShardIds',
  'startingHashKey',
  'endingHashKey',
  'throughputKBps',
  'checkpointOwner',
  'streamName',
  'shardId',
  'sfHolder',
  'sfCounter',
  'sfRead',
  ...requestNames,
  ...tableNames,
] as const;
