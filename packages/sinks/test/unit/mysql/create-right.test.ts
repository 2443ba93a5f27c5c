// What MySQL's and MariaDB's grants say of making tables.
import { expect, test } from 'vitest';
import { mayNotCreate } from '../../../src/mysql/create-right.ts';

const usage = 'GRANT USAGE ON *.* TO `u`@`%`';

test.each<readonly [may: string, grants: readonly string[], mayNot: boolean]>([
  ['nothing at all', [usage], true],
  ['rows', [usage, 'GRANT SELECT, INSERT, UPDATE, DELETE ON `shop`.* TO `u`@`%`'], true],
  ['views, and no tables', [usage, 'GRANT SELECT, CREATE VIEW, CREATE TEMPORARY TABLES ON `shop`.* TO `u`@`%`'], true],
  ['tables of another database', [usage, 'GRANT CREATE ON `other`.* TO `u`@`%`'], true],
  ['one table', [usage, 'GRANT SELECT, CREATE ON `shop`.`orders` TO `u`@`%`'], true],
  ['tables', [usage, 'GRANT SELECT, CREATE ON `shop`.* TO `u`@`%`'], false],
  ['all of the database', [usage, 'GRANT ALL PRIVILEGES ON `shop`.* TO `u`@`%`'], false],
  ['all of the server', ["GRANT ALL PRIVILEGES ON *.* TO 'root'@'localhost' IDENTIFIED BY PASSWORD '*0' WITH GRANT OPTION"], false],
  ['databases that begin so', [usage, 'GRANT CREATE ON `sh%`.* TO `u`@`%`'], false],
  ['databases with one sign more', [usage, 'GRANT CREATE ON `sho_`.* TO `u`@`%`'], false],
  ['a database whose name has that sign', [usage, 'GRANT CREATE ON `sho\\_`.* TO `u`@`%`'], true],
  ['what a role may, which nobody looked into', [usage, 'GRANT `writer`@`%` TO `u`@`%`'], false],
  ['all but something', ['GRANT SELECT ON *.* TO `u`@`%`', 'REVOKE SELECT ON `shop`.* FROM `u`@`%`'], false],
  ['what nobody tells', [], false],
])('a user who may use %s', (_, grants, mayNot) => {
  expect(mayNotCreate(grants, 'shop')).toBe(mayNot);
});
