// Records as a program around python-mysql-replication writes them. Made up; only their shape is real.
import type { CodecExample } from '../types.ts';

export const mysqlRowsExamples: readonly CodecExample[] = [
  {
    title: 'a row is written, as JSON',
    text: '{"schema": "shop", "table": "customers", "type": "WriteRowsEvent", "row": {"values": {"id": 1, "name": "Ada Example", "city": "Bern"}}}',
    sequence: '49590338271490256608559692538361571095921575989136588898',
  },
  {
    title: "a row is written, with Python's str()",
    text: `{'schema': 'shop', 'table': 'customers', 'type': 'WriteRowsEvent', 'row': {'values': {'id': 2, 'name': "Pat O'Sample", 'city': None, 'credit': Decimal('12.50'), 'since': datetime.datetime(2024, 2, 29, 8, 30)}}}`,
    sequence: '49590338271490256608559692538362780021741190618311295074',
  },
  {
    title: 'a row is changed',
    text: `{'schema': 'shop', 'table': 'customers', 'type': 'UpdateRowsEvent', 'row': {'before_values': {'id': 1, 'name': 'Ada Example', 'city': 'Bern'}, 'after_values': {'id': 1, 'name': 'Ada Example', 'city': 'Basel'}}}`,
    sequence: '49590338271490256608559692538363988947560805247486001250',
  },
  {
    title: 'a row is deleted',
    text: `{'schema': 'shop', 'table': 'customers', 'type': 'DeleteRowsEvent', 'row': {'values': {'id': 1, 'name': 'Ada Example', 'city': 'Basel'}}}`,
    sequence: '49590338271490256608559692538365197873380419876660707426',
  },
  {
    title: 'two changes in one record, as Firehose joins them',
    text: `{'schema': 'shop', 'table': 'customers', 'type': 'WriteRowsEvent', 'row': {'values': {'id': 3, 'name': 'Kim Muster', 'city': 'Chur'}}}{'schema': 'shop', 'table': 'customers', 'type': 'DeleteRowsEvent', 'row': {'values': {'id': 3, 'name': 'Kim Muster', 'city': 'Chur'}}}`,
    sequence: '49590338271490256608559692538366406799200034505835413602',
  },
];
