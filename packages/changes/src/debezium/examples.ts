// Records as Debezium Server's Kinesis sink writes them. Made up; only their shape is real.
import type { CodecExample } from '../types.ts';

const postgresql = (lsn: number, snapshot = 'false'): string =>
  `{"version":"3.3.1.Final","connector":"postgresql","name":"shop","ts_ms":1763700000123,"snapshot":"${snapshot}","db":"shop","sequence":"[\\"24023100\\",\\"${lsn}\\"]","ts_us":1763700000123456,"ts_ns":1763700000123456000,"schema":"public","table":"orders","txId":556,"lsn":${lsn},"xmin":null}`;

const decimalField =
  '{"type":"bytes","optional":false,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2","connect.decimal.precision":"10"},"field":"price"}';
const timestampField = '{"type":"int64","optional":true,"name":"io.debezium.time.MicroTimestamp","version":1,"field":"placed"}';
const row = (field: string): string =>
  `{"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"},${decimalField},${timestampField}],"optional":true,"name":"shop.shop.orders.Value","field":"${field}"}`;
const schema = `{"type":"struct","fields":[${row('before')},${row('after')}],"optional":false,"name":"shop.shop.orders.Envelope","version":2}`;
const mysql =
  '{"version":"3.3.1.Final","connector":"mysql","name":"shop","ts_ms":1763700000000,"snapshot":"false","db":"shop","sequence":null,"ts_us":1763700000000000,"ts_ns":1763700000000000000,"table":"orders","server_id":1,"gtid":null,"file":"binlog.000004","pos":1176,"row":0,"thread":9,"query":null}';
const mongodb =
  '{"version":"3.3.1.Final","connector":"mongodb","name":"shop","ts_ms":1763700000000,"snapshot":"false","db":"shop","sequence":null,"ts_us":1763700000000000,"ts_ns":1763700000000000000,"collection":"orders","ord":2,"lsid":null,"txnNumber":null,"wallTime":1763700000123}';

export const debeziumExamples: readonly CodecExample[] = [
  {
    title: 'a row of PostgreSQL is inserted (without schema)',
    text: `{"before":null,"after":{"id":1001,"customer":"c-7","price":"19.90"},"source":${postgresql(24023128)},"transaction":null,"op":"c","ts_ms":1763700000200}`,
    sequence: '49590338271490256608559692538361571095921575989136588898',
    partitionKey: '{"id":1001}',
  },
  {
    title: 'a row is updated; a large column did not change, so PostgreSQL did not send it',
    text: `{"before":null,"after":{"id":1001,"customer":"c-7","price":"21.00","note":"__debezium_unavailable_value"},"source":${postgresql(24023416)},"transaction":null,"op":"u","ts_ms":1763700000200}`,
    sequence: '49590338271490256608559692538362780021741190618311295074',
    partitionKey: '{"id":1001}',
  },
  {
    title: 'a row of MySQL is updated (with schema)',
    text: `{"schema":${schema},"payload":{"before":{"id":1001,"price":"B8Y=","placed":1763700000000000},"after":{"id":1001,"price":"CDQ=","placed":1763700000000000},"source":${mysql},"transaction":null,"op":"u","ts_ms":1763700000200}}`,
    sequence: '49590338271490256608559692538363988947560805247486001250',
    partitionKey:
      '{"schema":{"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"}],"optional":false,"name":"shop.shop.orders.Key"},"payload":{"id":1001}}',
  },
  {
    title: 'a row is deleted',
    text: `{"before":{"id":1001,"customer":null,"price":null},"after":null,"source":${postgresql(24023560)},"transaction":null,"op":"d","ts_ms":1763700000200}`,
    sequence: '49590338271490256608559692538365197873380419876660707426',
    partitionKey: '{"id":1001}',
  },
  {
    title: 'a document of MongoDB is inserted',
    text: `{"before":null,"after":"{\\"_id\\": {\\"$oid\\": \\"669067d6c2b0a1d5f3e4a001\\"},\\"price\\": {\\"$numberDecimal\\": \\"19.90\\"}}","updateDescription":null,"source":${mongodb},"op":"c","ts_ms":1763700000200,"transaction":null}`,
    sequence: '49590338271490256608559692538366406799200034505835413602',
    partitionKey: '{"id":"{\\"$oid\\": \\"669067d6c2b0a1d5f3e4a001\\"}"}',
  },
  {
    title: 'a table is emptied',
    text: `{"before":null,"after":null,"source":${postgresql(24023704)},"transaction":null,"op":"t","ts_ms":1763700000200}`,
    sequence: '49590338271490256608559692538367615725019649135010119778',
    partitionKey: 'default',
  },
];
