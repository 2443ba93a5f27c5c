// Records as Maxwell's daemon writes them. Made up; only their shape is real.
import type { CodecExample } from '../types.ts';

export const maxwellExamples: readonly CodecExample[] = [
  {
    title: 'a row is inserted',
    text: '{"database":"shop","table":"orders","type":"insert","ts":1763700000,"xid":23396,"commit":true,"primary_key_columns":["id"],"data":{"id":7,"price":19.90,"note":null}}',
    sequence: '49590338271490256608559692538361571095921575989136588898',
  },
  {
    title: 'a row is changed; old has the columns that changed as they were',
    text: '{"database":"shop","table":"orders","type":"update","ts":1763700017,"xid":23401,"commit":true,"primary_key_columns":["id"],"data":{"id":7,"price":21.00,"note":null},"old":{"price":19.90}}',
    sequence: '49590338271490256608559692538362780021741190618311295074',
  },
  {
    title: 'the key of a row is changed, in a transaction of several rows, with its place in the binlog',
    text: '{"database":"shop","table":"orders","type":"update","ts":1763700018,"xid":23409,"xoffset":0,"position":"mysql-bin.000006:800911","primary_key_columns":["id"],"data":{"id":8,"price":21.00,"note":null},"old":{"id":7}}',
    sequence: '49590338271490256608559692538363988947560805247486001250',
  },
  {
    title: 'a row is deleted; data is the row as it was',
    text: '{"database":"shop","table":"orders","type":"delete","ts":1763700020,"xid":23415,"commit":true,"primary_key_columns":["id"],"data":{"id":8,"price":21.00,"note":null}}',
    sequence: '49590338271490256608559692538365197873380419876660707426',
  },
  {
    title: 'a bootstrap reads a row',
    text: '{"database":"shop","table":"orders","type":"bootstrap-insert","ts":1763700100,"primary_key_columns":["id"],"data":{"id":9,"price":4.50,"note":"old stock"}}',
    sequence: '49590338271490256608559692538366406799200034505835413602',
  },
];
