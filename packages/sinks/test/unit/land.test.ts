// What becomes of a chunk that a server refuses: whose fault it is, when the server does not say.
import { describe, expect, test } from 'vitest';
import { type Landing, land } from '../../src/land.ts';
import { SinkError } from '../../src/types.ts';

type Verdict = 'fine' | 'row' | 'unknown' | 'passing' | 'environment';

interface Told {
  readonly landed: number[];
  readonly rejected: number[];
  readonly thrown: unknown;
  readonly sent: number;
}

/** Rows by what the server says of them, one chunk; `isWell`: what a statement without rows meets, if there is one. */
async function landed(verdicts: readonly Verdict[], { isWell, times = Number.POSITIVE_INFINITY }: { isWell?: boolean; times?: number } = {}): Promise<Told> {
  const told = { landed: [] as number[], rejected: [] as number[], sent: 0 };
  let failures = 0;
  const landing: Landing<number> = {
    limits: { maxItems: verdicts.length, maxSize: Number.POSITIVE_INFINITY },
    sizeOf: () => 1,
    async send(rows) {
      told.sent += 1;
      const verdict = rows.map((row) => verdicts[row] ?? 'fine').find((each) => each !== 'fine');
      if (verdict === undefined || failures === times) return { applied: rows.length, unresolved: 0 };
      failures += 1;
      throw verdict;
    },
    sort(error) {
      const fault = { code: 'X', message: String(error) };
      if (error === 'row') return { kind: 'row', error: fault };
      const sink = new SinkError('SINK_UNEXPECTED', String(error), { retryable: error === 'passing' });
      return { kind: 'sink', error: sink, ...(error === 'environment' ? {} : { perhaps: fault }) };
    },
    onLanded: (rows) => told.landed.push(...rows),
    onRejected: (row) => told.rejected.push(row),
    ...(isWell === undefined ? {} : { probe: () => (isWell ? Promise.resolve() : Promise.reject(new Error('no'))) }),
  };
  const thrown: unknown = await land(
    verdicts.map((_, row) => row),
    landing,
  ).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { ...told, landed: told.landed.sort((left, right) => left - right), thrown };
}

const many = (verdict: Verdict, count: number): Verdict[] => Array.from({ length: count }, () => verdict);

describe('a fault that nothing is known of', () => {
  test.for<[string, Verdict[], { isWell?: boolean; times?: number }, number[] | 'thrown']>([
    ['is the row’s, where others land', ['fine', 'unknown', 'fine'], {}, [1]],
    ['is the row’s, where others land, even one that may pass', ['fine', 'passing', 'fine'], {}, [1]],
    ['of some rows is theirs, where others land', ['unknown', 'unknown', 'row', 'fine'], {}, [2, 0, 1]],
    ['is nobody’s when the row lands the second time', ['fine', 'passing'], { times: 2 }, []],
    ['of all rows is the environment’s', many('unknown', 3), {}, 'thrown'],
    ['of all rows is theirs where the same without rows passes', many('unknown', 3), { isWell: true }, [0, 1, 2]],
    ['of all rows is the environment’s where the same without rows fails too', many('unknown', 3), { isWell: false }, 'thrown'],
    ['of all rows that may pass is the environment’s, whatever else passes', many('passing', 1), { isWell: true }, 'thrown'],
    ['beside rows at fault is the environment’s', ['row', 'unknown'], {}, 'thrown'],
    ['beside one that is known to be the environment’s is thrown', ['fine', 'unknown', 'environment'], { isWell: true }, 'thrown'],
  ])('%s', async ([, verdicts, options, expected]) => {
    const { rejected, landed: done, thrown } = await landed(verdicts, options);
    if (expected === 'thrown') {
      expect(thrown).toBeInstanceOf(SinkError);
      return;
    }
    expect(thrown).toBeUndefined();
    expect(rejected).toEqual(expected);
    expect([...done, ...rejected].sort((left, right) => left - right)).toEqual(verdicts.map((_, row) => row));
  });

  test('of a large group is given up before all of it was tried', async () => {
    const { sent, thrown } = await landed(many('unknown', 5_000));
    expect(thrown).toBeInstanceOf(SinkError);
    expect(sent).toBeLessThan(100);
  });
});
