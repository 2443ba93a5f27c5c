// Tables of somebody's own making, every type of key, and what goes wrong, on MariaDB.
import { describe } from 'vitest';
import { mariadbForFile } from '../support/mariadb.ts';
import { edges } from '../support/mysql-edges.ts';
import { tablesAndFaults } from '../support/mysql-tables.ts';
import { passedOver } from '../support/mysql-tombstones.ts';

const server = mariadbForFile();

describe('tables and faults on MariaDB', () => tablesAndFaults(server));

describe('the limits of MariaDB', () => edges(server));

describe('tombstones that are passed over on MariaDB', () => passedOver(server));
