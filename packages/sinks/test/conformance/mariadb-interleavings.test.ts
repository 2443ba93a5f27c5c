// Two writers on one key of MariaDB, one statement at a time, in many orders.
import { describe } from 'vitest';
import { mariadbForFile } from '../support/mariadb.ts';
import { interleavings } from '../support/mysql-steps.ts';

const server = mariadbForFile();

describe('two writers on MariaDB', () => interleavings(server));
