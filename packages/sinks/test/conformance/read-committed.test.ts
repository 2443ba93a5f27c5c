// In which isolation the MySQL sink's transactions run, on MariaDB.
import { describe } from 'vitest';
import { mariadbForFile } from '../support/mariadb.ts';
import { readCommitted } from '../support/mysql-sessions.ts';

const server = mariadbForFile();

describe('MariaDB', () => readCommitted(server));
