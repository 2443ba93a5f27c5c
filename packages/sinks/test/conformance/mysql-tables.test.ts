// Tables of somebody's own making, every type of key, and what goes wrong, on MySQL.
import { describe } from 'vitest';
import { mysqlForFile } from '../support/mysql.ts';
import { edges } from '../support/mysql-edges.ts';
import { tablesAndFaults } from '../support/mysql-tables.ts';
import { passedOver } from '../support/mysql-tombstones.ts';

const server = mysqlForFile();

describe('tables and faults on MySQL', () => tablesAndFaults(server));

describe('the limits of MySQL', () => edges(server));

describe('tombstones that are passed over on MySQL', () => passedOver(server));
