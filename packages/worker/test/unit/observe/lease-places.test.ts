// Which stream and shard a lease key names.
import { expect, test } from 'vitest';
import { type LeasePlace, leasePlaces } from '../../../src/observe/lease-places.ts';

const many = '000000000012:orders:1790000000:shardId-000000000003';
const kinesisArn = 'arn:aws:kinesis:eu-west-1:000000000012:stream/orders';
const tableArn = 'arn:aws:dynamodb:eu-west-1:000000000012:table/orders';

test.each<readonly [string, readonly string[], string, LeasePlace]>([
  ['one stream', ['orders'], 'shardId-000000000003', { stream: 'orders', shard: 'shardId-000000000003' }],
  ['one ARN', [kinesisArn], 'shardId-1', { stream: kinesisArn, shard: 'shardId-1' }],
  ['a pattern', ['ord*'], many, { stream: 'orders', shard: 'shardId-000000000003' }],
  ['several', ['items', 'orders'], many, { stream: 'orders', shard: 'shardId-000000000003' }],
  ['several ARNs', [kinesisArn.replace('orders', 'items'), kinesisArn], many, { stream: kinesisArn, shard: 'shardId-000000000003' }],
  ['a table’s ARN', ['items', tableArn], many, { stream: tableArn, shard: 'shardId-000000000003' }],
  [
    'a stream’s ARN',
    ['items', `${tableArn}/stream/2026-01-01T00:00:00.000`],
    many,
    { stream: `${tableArn}/stream/2026-01-01T00:00:00.000`, shard: 'shardId-000000000003' },
  ],
  ['an ARN of another account', ['items', kinesisArn.replace('012', '013')], many, { stream: 'orders', shard: 'shardId-000000000003' }],
  ['a key of another kind', ['items', 'orders'], 'shardId-1', {}],
])('%s', (_, streams, key, place) => {
  expect(leasePlaces(streams)(key)).toEqual(place);
});
