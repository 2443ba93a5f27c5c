// Rows of each source in typed columns, and what the page of types says of every value, on PostgreSQL, MariaDB and SQLite.
import { describe } from 'vitest';
import { mariadbForFile } from '../support/mariadb.ts';
import { mysqlPlaces, postgresPlaces, sqlitePlaces } from '../support/places.ts';
import { postgresForFile } from '../support/postgres.ts';
import { sourcesLand } from '../support/sources-land.ts';
import { filesForTests } from '../support/sqlite.ts';
import { typesAreAsTold } from '../support/types-told.ts';

const all = [postgresPlaces(postgresForFile()), mysqlPlaces('MariaDB', mariadbForFile()), sqlitePlaces(filesForTests())];

for (const places of all) {
  describe(places.name, () => {
    sourcesLand(places);
    typesAreAsTold(places);
  });
}
