// What this package offers: servers of one's own, clients for them, and a feed of changes.
export { type AwsClients, awsClients } from './aws/clients.ts';
export { createStream } from './aws/stream.ts';
export { EmbeddedError } from './errors.ts';
export type { FeedTableName } from './feed/catalogue.ts';
export { createFeed, type Feed, type FeedOptions, type FeedRecord } from './feed/feed.ts';
export type { FeedMachine } from './feed/ports.ts';
export { type FeedCounts, type RunFeedOptions, runFeed, type SentRecord } from './feed/run-feed.ts';
export { newDatabase } from './postgres/database.ts';
export {
  type EmbeddedSource,
  type EmbeddedStack,
  type KinesisFlavour,
  startDynamo,
  startKinesis,
  startPostgres,
  startSource,
  startStack,
} from './servers/start.ts';
export type { Embedded } from './types.ts';
