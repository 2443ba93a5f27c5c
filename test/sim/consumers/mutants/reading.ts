// Mutants of where reading begins and goes on.
import type { ReadFrom, StreamRecord, StreamService } from '@shardfold/consumer';
import type { readShard, ShardReaderParts } from '../../../../packages/consumer/src/shard/shard-reader.ts';
import type { Place } from '../../../../packages/consumer/src/source/moment.ts';
import type { fromOn } from '../../../../packages/consumer/src/source/resume.ts';
import type { StartAt, startAt } from '../../../../packages/consumer/src/source/service.ts';
import { type ConsumerMutant, crashing, moving, resharding } from './mutant.ts';

const aggregates = { aggregated: 0.9, maxCarried: 8 } as const;
const oneByOne = { single: 0.9, reject: 0.5, workMs: 300 } as const;

function iterators(change: (from: StartAt) => StartAt): (service: StreamService) => StreamService {
  return (service) => ({ ...service, iterator: (shard, from, signal) => service.iterator(shard, change(from), signal) });
}

function atSequence(from: ReadFrom, bySubSequence: number): ReadFrom {
  return from.kind === 'sequence' ? { ...from, subSequence: from.subSequence + bySubSequence } : from;
}

export const readingMutants: readonly ConsumerMutant[] = [
  {
    name: 'an aggregate goes on with its next record, not the one after',
    replacements: { fromOn: (real: typeof fromOn) => (from: ReadFrom) => real(atSequence(from, 1)) },
    world: { accidents: moving, processor: oneByOne, puts: aggregates },
  },
  {
    name: 'an aggregate does not go on with the record that is done',
    replacements: { fromOn: (real: typeof fromOn) => (from: ReadFrom) => real(atSequence(from, -1)) },
    world: { accidents: moving, processor: oneByOne, puts: aggregates },
  },
  {
    name: 'reading begins with the stored record itself, which may be half done',
    replacements: {
      startAt: (real: typeof startAt) => (from: ReadFrom) => (from.kind === 'sequence' ? { kind: 'after-sequence', sequence: from.sequence } : real(from)),
    },
    world: { accidents: moving, processor: oneByOne, puts: aggregates },
  },
  {
    name: 'after an expiry nothing is skipped',
    changes: { service: iterators((from) => (from.kind === 'after-sequence' ? { kind: 'latest' } : from)) },
    world: { stream: { expire: 0.2, short: 0.5 }, puts: { everyMs: 400 } },
  },
  {
    name: 'a page that comes twice is given once',
    replacements: {
      fromOn: (real: typeof fromOn) => (from: ReadFrom) => (from.kind === 'sequence' ? (records: readonly StreamRecord[]) => records : real(from)),
    },
    world: { stream: { repeat: 0.2 }, puts: { everyMs: 400 } },
  },
  {
    name: 'after an expiry at the latest what came since comes',
    changes: { service: iterators((from) => (from.kind === 'timestamp' ? { kind: 'latest' } : from)) },
    world: { stream: { expire: 0.3 }, settings: { start: 'latest', historyMs: 3_000 } },
  },
  {
    name: 'a start at the latest that does not come about at once begins at its moment',
    replacements: { noLongerLatest: () => (place: Place) => place, isLate: () => () => false },
    world: { stream: { loseRequest: 0.5 }, settings: { start: 'latest', historyMs: 3_000 }, puts: { everyMs: 400 } },
  },
  {
    name: 'an empty page is no end',
    changes: {
      service: (service) => ({
        ...service,
        async page(shard, iterator, limit, signal) {
          const page = await service.page(shard, iterator, limit, signal);
          return page.records.length > 0 ? page : { ...page, next: undefined };
        },
      }),
    },
    world: { accidents: resharding, stream: { empty: 0.2, short: 0.3 } },
  },
  {
    name: 'a lease that is lost is not read on',
    replacements: {
      readShard: (real: typeof readShard) => (parts: ShardReaderParts) =>
        real({ ...parts, held: Object.create(parts.held, { lost: { value: new AbortController().signal } }) }),
    },
    world: { accidents: { ...crashing, cut: 4_000 }, processor: { workMs: 300 } },
  },
];
