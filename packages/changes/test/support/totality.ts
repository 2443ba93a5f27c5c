// What holds for whatever a codec answers.
import { expect } from 'vitest';
import { type Codec, type Decoded, describeDecoded, type RawRecord, type TextPolicy } from '../../src/index.ts';

/** Looks into everything a decoded record offers; throws where something is not as promised. */
export function lookInto(decoded: Decoded, policies: readonly TextPolicy[]): void {
  for (const line of describeDecoded(decoded)) {
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toHaveProperty('kind');
  }
  if (decoded.kind === 'undecodable') expect(decoded.error.message).not.toBe('');
  if (decoded.kind !== 'changes') return;
  for (const event of decoded.events) {
    expect(Number.isSafeInteger(event.version.time)).toBe(true);
    expect(event.version.seq).toMatch(/^(0|[1-9]\d{0,64})$/);
    if (event.kind === 'truncate') continue;
    for (const row of [event.after, event.before]) {
      row?.values();
      for (const policy of policies) JSON.parse(row?.json(policy) ?? 'null');
    }
  }
}

/** An answer, the same each time, that can be looked into. */
export function isTotal(codec: Codec, record: RawRecord, policies: readonly TextPolicy[]): void {
  const decoded = codec.decode(record);
  lookInto(decoded, policies);
  expect(describeDecoded(codec.decode(record))).toEqual(describeDecoded(decoded));
  codec.recognises(record);
}
