// Two writers on one key of MySQL, one statement at a time, in many orders.
import { describe } from 'vitest';
import { mysqlForFile } from '../support/mysql.ts';
import { interleavings } from '../support/mysql-steps.ts';

const server = mysqlForFile();

describe('two writers on MySQL', () => interleavings(server));
