// Rows of each source in typed columns, and what the page of types says of every value, on MySQL; and its sessions and TLS, for the
// server takes a while to start.
import { describe } from 'vitest';
import { mysqlForFile } from '../support/mysql.ts';
import { readCommitted } from '../support/mysql-sessions.ts';
import { tlsIsChecked } from '../support/mysql-tls.ts';
import { mysqlPlaces } from '../support/places.ts';
import { sourcesLand } from '../support/sources-land.ts';
import { typesAreAsTold } from '../support/types-told.ts';

const server = mysqlForFile();

describe('MySQL', () => {
  const places = mysqlPlaces('MySQL', server);
  sourcesLand(places);
  typesAreAsTold(places);
  readCommitted(server);
  tlsIsChecked(server);
});
