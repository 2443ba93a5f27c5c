// The dms codec on what AWS DMS wrote to a stream from PostgreSQL: a full load, as a reader captured it. The records stay
// where they are: SHARDFOLD_TEST_CAPTURES names their folder.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { describe, expect, it } from 'vitest';
import { dmsCodec } from '../../src/dms/codec.ts';
import { compareVersions, type Decoded, describeDecoded, type RawRecord, type RowChange, rawRecord } from '../../src/index.ts';

interface Captured {
  readonly kinesis: { readonly seq_no: string; readonly partition: string; readonly stream_name: string };
  readonly data?: Readonly<Record<string, unknown>>;
  readonly metadata: { readonly operation: string; readonly 'schema-name': string; readonly 'table-name': string };
}

const folder = env.SHARDFOLD_TEST_CAPTURES;
const lines = folder === undefined ? [] : readFileSync(join(folder, 'dms-postgresql-kinesis.ndjson'), 'utf8').trim().split('\n');
const captured: readonly Captured[] = lines.map((line) => JSON.parse(line));

function recordAt(at: number, text = lines[at] ?? ''): RawRecord {
  const { kinesis } = captured[at] ?? { kinesis: { seq_no: '', partition: '', stream_name: '' } };
  return rawRecord({ bytes: Buffer.from(text), sequence: kinesis.seq_no, partitionKey: kinesis.partition, stream: kinesis.stream_name });
}

function rows(decoded: Decoded): readonly RowChange[] {
  return decoded.kind === 'changes' ? decoded.events.filter((event): event is RowChange => event.kind !== 'truncate') : [];
}

describe.skipIf(folder === undefined)('137 records of AWS DMS (SHARDFOLD_TEST_CAPTURES names the folder of captures)', () => {
  const decoded = lines.map((_, at) => dmsCodec.decode(recordAt(at)));

  it('are rows, changes of tables, and the books of DMS, each told from the others', () => {
    expect(captured).toHaveLength(137);
    const kinds = captured.map(({ metadata }) => {
      if (metadata['table-name'].startsWith('awsdms_') || metadata.operation !== 'load') return 'ignored';
      return 'changes';
    });
    expect(decoded.map(({ kind }) => kind)).toEqual(kinds);
    expect(kinds.filter((kind) => kind === 'changes')).toHaveLength(82);
    expect(lines.every((_, at) => dmsCodec.recognises(recordAt(at)))).toBe(true);
  });

  it('have the rows as DMS wrote them, below every change', () => {
    for (const [at, one] of decoded.entries()) {
      for (const row of rows(one)) {
        expect(row).toMatchObject({
          kind: 'snapshot',
          key: undefined,
          source: { system: 'aws:dms', schema: 'public', table: captured[at]?.metadata['table-name'] },
        });
        expect(row.after?.json({ numbers: 'exact', drop: [], rename: {} })).toBe(JSON.stringify(captured[at]?.data));
        expect(row.after?.values()).toEqual(captured[at]?.data);
        expect(row.version.time).toBeLessThan(0);
      }
    }
  });

  it('of one table are ordered by when DMS read them, not by where they lie', () => {
    const loads = decoded.flatMap(rows).filter(({ source }) => source.table === 'array_types');
    const inOrder = [...loads].sort((a, b) => compareVersions(a.version, b.version)).map(({ after }) => after?.values().scalar_column);
    expect(loads.map(({ after }) => after?.values().scalar_column)).toEqual([5, 1, 2, 6, 3, 4]);
    expect(inOrder).toEqual([1, 2, 3, 4, 5, 6]);
    expect(new Set(loads.map(({ version }) => `${version.time} ${version.seq}`)).size).toBe(loads.length);
  });

  it('are the same when they are printed over many lines', () => {
    for (const [at, one] of decoded.entries()) {
      const printed = dmsCodec.decode(recordAt(at, `${JSON.stringify(captured[at], null, '\t')}\n`));
      expect(describeDecoded(printed)).toEqual(describeDecoded(one));
    }
  });
});
