// Records that a service forgets while somebody begins at a moment, where its only beginning is the horizon: as long as the moment is
// younger than that, nothing that is wanted is missing.
import { expect, test } from 'vitest';
import { resumed } from '../../src/aggregation/unpack.ts';
import { ConsumerError } from '../../src/errors.ts';
import { createByteBudget } from '../../src/memory/byte-budget.ts';
import { createPollingSource } from '../../src/source/polling.ts';
import type { StartAt, StreamService } from '../../src/source/service.ts';
import type { ReadFrom, StreamRecord } from '../../src/types.ts';
import { never } from '../support/memory-reading.ts';
import { recordAt, shard } from '../support/records.ts';
import { whileTimePasses } from '../support/sources-under-test.ts';
import { virtualTime } from '../support/time.ts';

const nowMs = 1_800_000_000_000;
const hourMs = 3_600_000;
const retentionMs = 24 * hourMs;

type Answer = 'trimmed' | readonly StreamRecord[];

/** Arrived so long ago. */
const record = (sequence: number, agoMs: number): StreamRecord => ({ ...recordAt(sequence), arrivalMs: nowMs - agoMs });
const wanted = record(9, hourMs);
const unwanted = record(1, retentionMs - 1_000);

/** Answers pages from a script, after which the shard is over. It says where it was asked to begin. */
async function readAll(from: ReadFrom, script: readonly Answer[], keptMs: number | 'unsaid' = retentionMs, waitMs = 0) {
  const time = virtualTime();
  const machine = time.machine(1, { wallMs: nowMs });
  const begun: StartAt[] = [];
  const left = [...script];
  const service: Partial<StreamService> = {
    ...(keptMs === 'unsaid' ? {} : { retentionMs: keptMs }),
    async iterator(_shard, at) {
      begun.push(at);
      return `${begun.length}`;
    },
    async page() {
      await machine.timers.sleep(waitMs);
      const answer = left.shift() ?? [];
      if (answer === 'trimmed') throw new ConsumerError('POSITION_GAP', 'trimmed', { retryable: false });
      return { records: answer, retainedBytes: 1, next: left.length === 0 ? undefined : 'next', behindLatestMs: 1, free: () => undefined };
    },
  };
  const budget = createByteBudget(1_000_000);
  const options = { recordsPerCallMax: 1_000, pollIntervalMs: 1_000, limits: 'none', machine, budget, onEvent: () => undefined } as const;
  const source = resumed(createPollingSource({ ...options, service: service as StreamService }));
  const seen: string[] = [];
  async function read(): Promise<string | undefined> {
    try {
      for await (const batch of source.open(shard, from, { signal: never })) seen.push(...batch.records.map(({ sequence }) => sequence));
      return undefined;
    } catch (error) {
      return error instanceof ConsumerError ? error.code : String(error);
    }
  }
  const ending = await whileTimePasses(time, read());
  return { seen, ending, begun: begun.map(({ kind }) => kind) };
}

const young: ReadFrom = { kind: 'timestamp', atMs: nowMs - 2 * hourMs };
const old: ReadFrom = { kind: 'timestamp', atMs: nowMs - retentionMs };
const horizon: ReadFrom = { kind: 'trim-horizon' };

test.each<[string, ReadFrom, readonly Answer[], readonly string[], readonly string[]]>([
  ['a moment that is younger: it begins there again', young, ['trimmed', [wanted]], ['9'], ['timestamp', 'timestamp']],
  ['likewise where only records from before it have come', young, [[unwanted], 'trimmed', [wanted]], ['9'], ['timestamp', 'timestamp']],
  ['a time that was older when it began: it is the horizon', old, ['trimmed', [wanted]], ['9'], ['trim-horizon', 'trim-horizon']],
  ['the horizon itself', horizon, ['trimmed', [wanted]], ['9'], ['trim-horizon', 'trim-horizon']],
  [
    'a start at the latest that was renewed',
    { kind: 'latest', sinceMs: nowMs - 2 * hourMs },
    ['trimmed', [wanted]],
    ['9'],
    ['latest', 'timestamp', 'timestamp'],
  ],
])('nothing is missing from %s', async (_, from, script, sequences, begun) => {
  expect(await readAll(from, script)).toEqual({ seen: sequences, ending: undefined, begun });
});

test.each<[string, Parameters<typeof readAll>]>([
  ['a record that was wanted has come', [young, [[wanted], 'trimmed']]],
  ['a position is trimmed', [{ kind: 'sequence', sequence: '1', subSequence: 0 }, ['trimmed']]],
  ['the service does not say how long it keeps records', [young, ['trimmed'], 'unsaid']],
  ['the moment became older than the horizon meanwhile', [{ kind: 'timestamp', atMs: nowMs - retentionMs + 1 }, ['trimmed'], retentionMs, 2]],
])('something is missing where %s', async (_, given) => {
  expect((await readAll(...given)).ending).toBe('POSITION_GAP');
});
