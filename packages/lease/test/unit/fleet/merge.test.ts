import { expect, it } from 'vitest';
import { createFleet, unreachable } from './fleet.ts';

it('a merge after a start that was cut short: both lines are read before what follows them', async () => {
  const fleet = createFleet([
    { shardId: 'p', parents: [], closed: true },
    { shardId: 'q', parents: [], closed: true },
    { shardId: 'x', parents: ['p', 'q'], closed: false },
  ]);
  const a = fleet.start('a');
  let failing = true;
  a.weather.before = (call) => (failing && call.operation === 'create' && call.key === 'q' ? unreachable() : undefined);
  await fleet.until(() => a.reading.has('p'), 5000);
  const ended = a.reading.get('p')?.finish([{ shardId: 'x', parents: ['p', 'q'] }]);
  await fleet.time.advance(5000);
  await ended;
  expect([...a.reading.keys()].includes('x')).toBe(false);
  failing = false;
  await fleet.until(() => a.reading.has('q'), 70_000);
  const other = a.reading.get('q')?.finish([{ shardId: 'x', parents: ['p', 'q'] }]);
  await fleet.until(() => a.reading.has('x'), 5000);
  await other;
});
