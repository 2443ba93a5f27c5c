// Processors that fail, and who takes over what they reject. They know no test.
import { type FailurePolicy, failurePolicy } from '../../src/processing/policy.ts';
import type { FailedRecords, Processor, RecordBatch } from '../../src/types.ts';

export const textOf = ({ records }: Pick<RecordBatch, 'records'>): string => records.map((record) => record.text()).join('');

/** Rejects whatever holds one of these texts. */
export function failingOn(...texts: readonly string[]) {
  const given: string[] = [];
  const processor: Processor = {
    async process(batch) {
      given.push(textOf(batch));
      if (texts.some((text) => textOf(batch).includes(text))) throw new Error(`no ${texts}`);
    },
  };
  return { processor, given };
}

/** Takes records over, after so many failures. */
export function taker(failures = 0) {
  const taken: (Omit<FailedRecords, 'shard' | 'records'> & { readonly text: string })[] = [];
  let calls = 0;
  const onFailure = async ({ records, error, attempts }: FailedRecords): Promise<void> => {
    calls += 1;
    if (calls <= failures) throw new Error('nobody takes it');
    taken.push({ text: textOf({ records }), error, attempts });
  };
  return { onFailure, taken, calls: () => calls };
}

export function policyOf(policy: 'bisect' | 'hand-over', attempts: number, { onFailure }: Pick<ReturnType<typeof taker>, 'onFailure'>): FailurePolicy {
  return failurePolicy({ policy, attempts, onFailure });
}
