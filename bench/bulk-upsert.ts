// What the database can do by itself: the same documents, already JSON, by one guarded upsert of a thousand rows after the other on
// one connection. It shares no code with the sink on purpose.
import pg from 'pg';

const groupRows = 1_000;
const statement = `
INSERT INTO bulk AS t (id, data, cdc_time, cdc_seq)
SELECT id, data, cdc_time, cdc_seq FROM jsonb_to_recordset($1::jsonb) AS x(id text, data jsonb, cdc_time bigint, cdc_seq numeric)
ON CONFLICT (id) DO UPDATE SET data = excluded.data, cdc_time = excluded.cdc_time, cdc_seq = excluded.cdc_seq
WHERE (t.cdc_time, t.cdc_seq) < (excluded.cdc_time, excluded.cdc_seq)`;

/** Rows a second, the making of the parameters not counted. */
export async function bulkUpsert(databaseUrl: string, records: readonly { readonly text: Uint8Array; readonly sequence: string }[]): Promise<number> {
  const groups: string[] = [];
  for (let at = 0; at < records.length; at += groupRows) {
    const rows = new Map<string, string>();
    for (const { text, sequence } of records.slice(at, at + groupRows)) {
      const { dynamodb, tableName } = JSON.parse(new TextDecoder().decode(text)) as {
        dynamodb: { Keys: unknown; NewImage?: unknown; ApproximateCreationDateTime: number };
        tableName: string;
      };
      const id = JSON.stringify([tableName, dynamodb.Keys]);
      rows.set(
        id,
        `{"id":${JSON.stringify(id)},"data":${JSON.stringify(dynamodb.NewImage ?? {})},"cdc_time":${dynamodb.ApproximateCreationDateTime},"cdc_seq":${sequence}}`,
      );
    }
    groups.push(`[${[...rows.values()].join(',')}]`);
  }
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('CREATE TABLE bulk (id text COLLATE "C" PRIMARY KEY, data jsonb NOT NULL, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL)');
    const startedMs = performance.now();
    for (const group of groups) await client.query({ name: 'bulk', text: statement, values: [group] });
    return records.length / ((performance.now() - startedMs) / 1000);
  } finally {
    await client.end();
  }
}
