// Rows as a program that polls a table by a query puts them on a stream. Made up; only their shape is real.
import type { CodecExample } from '../types.ts';

export const rowsExamples: readonly CodecExample[] = [
  {
    title: 'a row',
    text: '{"pkid": 1, "name": "Rex", "m_time": "2024-02-29 08:30:00"}',
    sequence: '49590338271490256608559692538361571095921575989136588898',
    stream: 'pets',
  },
  {
    title: 'a row with NULL and with more digits than a double holds',
    text: '{"pkid": 9007199254740993, "name": null, "weight": 12.345678901234567890}',
    sequence: '49590338271490256608559692538362780021741190618311295074',
    stream: 'pets',
  },
  {
    title: 'a row of a stream that is named by its ARN: the table is pets',
    text: '{"pkid": 2, "name": "Minka"}',
    sequence: '49590338271490256608559692538363988947560805247486001250',
    stream: 'arn:aws:kinesis:eu-west-1:000000000000:stream/pets',
  },
];
