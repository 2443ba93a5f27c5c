// Numbers as people read them.
import { expect, test } from 'vitest';
import { bytes, count, keptText, millis, several, short, span } from '../../../../src/http/page/browser/format.ts';

test.each<readonly [shown: string, expected: string]>([
  [count(null), '–'],
  [count(0), '0'],
  [count(12.34), '12.3'],
  [count(99.96), '100'],
  [count(1_234_567), '1,234,567'],
  [keptText(1_000, true), '1,000+'],
  [keptText(3, false), '3'],
  [bytes(0), '0 B'],
  [bytes(1_023), '1023 B'],
  [bytes(1_536), '1.5 KiB'],
  [bytes(67_108_864), '64 MiB'],
  [span(null), '–'],
  [span(949), '0 s'],
  [span(951), '1 s'],
  [span(89_000), '89 s'],
  [span(90_000), '2 min'],
  [span(5_399_000), '90 min'],
  [span(7_200_000), '2 h'],
  [span(259_200_000), '3 d'],
  [millis(null), '–'],
  [millis(0.84), '0.8 ms'],
  [millis(21.4), '21 ms'],
  [millis(1_500), '1.5 s'],
  [several(1, 'shard'), '1 shard'],
  [several(1_000, 'shard'), '1,000 shards'],
  [several(0, 'entry', 'entries'), '0 entries'],
  [short('shardId-000000000001'), 'shardId-000000000001'],
  [short('49660000377315834827349182034828475839203948573', 14), '496600…3948573'],
])('%s', (shown, expected) => {
  expect(shown).toBe(expected);
});
