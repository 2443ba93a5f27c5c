// Where the file is, from what a person wrote.
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SinkError } from '../../../src/index.ts';
import { locationOf } from '../../../src/sqlite/location.ts';

const places: [url: string, path: string][] = [
  [':memory:', ':memory:'],
  ['sqlite::memory:', ':memory:'],
  ['orders.db', resolve('orders.db')],
  ['./data/orders.db', resolve('data/orders.db')],
  ['/var/lib/orders.db', '/var/lib/orders.db'],
  ['/var/lib/what?.db', '/var/lib/what?.db'],
  ['sqlite:orders.db', resolve('orders.db')],
  ['sqlite:./orders.db', resolve('orders.db')],
  ['SQLite:../orders.db', resolve('../orders.db')],
  ['sqlite:/var/lib/orders.db', '/var/lib/orders.db'],
  ['sqlite:///var/lib/orders.db', '/var/lib/orders.db'],
  ['file:///var/lib/my%20orders.db', '/var/lib/my orders.db'],
  ['file:/var/lib/my%20orders.db', '/var/lib/my orders.db'],
  ['file:orders.db', resolve('orders.db')],
];

const refused = [
  '',
  'sqlite:',
  'sqlite://host/orders.db',
  'file://host/orders.db',
  'sqlite:orders.db?mode=ro',
  'file:%E0%A4%A',
  'postgres://host/orders',
  'a\u0000b',
];

describe('the place of a SQLite file', () => {
  test.each(places)('%s is %s', (url, path) => expect(locationOf(url)).toBe(path));

  test.each(refused)('%j names no file, and the refusal says what to write', (url) => {
    expect(() => locationOf(url)).toThrow(SinkError);
    expect(() => locationOf(url)).toThrow(/Give a path: "sqlite:/);
  });

  test.each(['postgres://u:s3cret@host/orders', 'sqlite://u:s3cret@host/orders.db', 'file:///orders.db?password=s3cret'])(
    '%s is refused without being repeated',
    (url) => {
      try {
        locationOf(url);
        expect.unreachable();
      } catch (error) {
        expect(String(error)).not.toContain('s3cret');
      }
    },
  );
});
