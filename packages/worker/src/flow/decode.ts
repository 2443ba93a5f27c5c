// Turns a batch of records into events, and counts what became of each record. It knows no format: the codec does.
import type { ChangeEvent, Codec } from '@shardfold/changes';
import type { RecordBatch, StreamRecord } from '@shardfold/consumer';
import type { Fault } from './change.ts';

export interface DecodedBatch {
  readonly events: readonly { readonly record: StreamRecord; readonly event: ChangeEvent }[];
  readonly faults: readonly { readonly record: StreamRecord; readonly fault: Fault }[];
  readonly decoded: number;
  readonly ignored: number;
}

export function decodeBatch(batch: RecordBatch, codec: Codec): DecodedBatch {
  const events: { record: StreamRecord; event: ChangeEvent }[] = [];
  const faults: { record: StreamRecord; fault: Fault }[] = [];
  let decoded = 0;
  let ignored = 0;
  for (const record of batch.records) {
    const result = codec.decode(record);
    switch (result.kind) {
      case 'changes':
        decoded += 1;
        for (const event of result.events) events.push({ record, event });
        break;
      case 'ignored':
        ignored += 1;
        break;
      case 'undecodable':
        faults.push({ record, fault: { stage: 'decode', code: result.error.code, message: result.error.message } });
        break;
      default:
        result satisfies never;
    }
  }
  return { events, faults, decoded, ignored };
}
