// Positions that look older than what the stream still has, and nothing is missing. Over the Kinesis in memory, in virtual time.
import { expect, test } from 'vitest';
import { memoryFleet, minuteMs, retentionMs, stream } from '../support/memory-fleet.ts';

test('its record is still there, behind empty pages', async () => {
  const { kinesis, put, readAll, start, time, until } = memoryFleet();
  // It keeps records for longer than it says.
  kinesis.retain(stream, 10 * retentionMs);
  put('read');
  expect(await readAll()).toEqual(['read']);
  await time.advance(2 * retentionMs);
  put('next');
  let pages = 0;
  const running = start({
    hook({ operation }) {
      kinesis.retain(stream, operation === 'describe' ? retentionMs : 10 * retentionMs);
      if (operation !== 'page') return undefined;
      pages += 1;
      return pages <= 3 ? { kind: 'short', records: 0 } : undefined;
    },
  });
  await until(() => running.seen.length > 0);
  expect([running.seen, running.of('gap-found')]).toEqual([['next'], []]);
});

test('the retention was raised since the worker asked for it', async () => {
  const { kinesis, put, start, time, until } = memoryFleet();
  let isCut = false;
  const hook = ({ operation }: { readonly operation: string }) => (isCut && operation === 'page' ? ({ kind: 'cut', when: 'before' } as const) : undefined);
  put('read');
  const first = start({ hook });
  await until(() => first.seen.length > 0);
  const heirs = [start({ hook }), start({ hook })];
  await time.advance(retentionMs - minuteMs);
  // Nothing is read any more: the record is forgotten, then the retention raised, before it would have been missed.
  isCut = true;
  await first.crash();
  await until(() => heirs.some((heir) => heir.held().length > 0));
  await time.advance(3 * minuteMs);
  kinesis.retain(stream, 10 * retentionMs);
  await time.advance(retentionMs);
  put('next');
  const [holder] = heirs.filter((heir) => heir.held().length > 0);
  await holder?.crash();
  isCut = false;
  await until(() => heirs.some((heir) => heir.seen.length > 0));
  expect(heirs.flatMap((heir) => heir.seen)).toEqual(['next']);
  expect(heirs.flatMap((heir) => heir.of('gap-found'))).toEqual([]);
});
