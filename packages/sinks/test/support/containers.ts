// Which images of which servers the suite of all sinks runs on, and how a database that nobody has used is had from each. It starts
// nothing and expects nothing.
import { randomUUID } from 'node:crypto';
import { newDatabase } from '@shardfold/embedded';
import type { ContainerOptions } from '../../../../test/servers/container.ts';
import { type SinkTraits, type SinkUnderTest, sqlTraits } from '../../src/testing/index.ts';
import { crateTraits, query as queryCrate, sinksOn as sinksOnCrate } from './cratedb.ts';
import { mongoTraits, sinksOn as sinksOnMongo, withDatabase } from './ferretdb.ts';
import { mariadbTraits, mysqlTraits, query as queryMysql, sinksOn as sinksOnMysql } from './mysql.ts';
import { sinksOn as sinksOnPostgres } from './postgres.ts';

export interface ServerInContainer extends ContainerOptions {
  readonly traits: SinkTraits;
  /** The url of a database of its own. Throws while the server is not ready. */
  database(port: number): Promise<string>;
  sinksOn(url: string): Promise<SinkUnderTest>;
}

const password = 'shardfold';
const newName = () => `shardfold_${randomUUID().replaceAll('-', '')}`;

async function mysqlDatabase(port: number): Promise<string> {
  const server = `mysql://root:${password}@127.0.0.1:${port}/`;
  const name = newName();
  await queryMysql(server, `CREATE DATABASE ${name}`);
  return server + name;
}

const servers: Readonly<Record<string, Omit<ServerInContainer, 'image'>>> = {
  postgres: {
    port: 5432,
    env: { POSTGRES_PASSWORD: password },
    traits: sqlTraits,
    database: (port) => newDatabase(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`),
    sinksOn: (url) => sinksOnPostgres(url),
  },
  mysql: { port: 3306, env: { MYSQL_ROOT_PASSWORD: password }, traits: mysqlTraits, database: mysqlDatabase, sinksOn: sinksOnMysql },
  mariadb: { port: 3306, env: { MARIADB_ROOT_PASSWORD: password }, traits: mariadbTraits, database: mysqlDatabase, sinksOn: sinksOnMysql },
  mongo: {
    port: 27017,
    traits: { ...mongoTraits, reports: 'exact' },
    async database(port) {
      const url = `mongodb://127.0.0.1:${port}/${newName()}?serverSelectionTimeoutMS=2000`;
      await withDatabase(url, (db) => db.command({ ping: 1 }));
      return url;
    },
    sinksOn: sinksOnMongo,
  },
  crate: {
    port: 4200,
    env: { CRATE_HEAP_SIZE: '512m' },
    args: ['crate', '-Cdiscovery.type=single-node'],
    traits: crateTraits,
    async database(port) {
      const url = `http://crate@127.0.0.1:${port}/${newName()}`;
      await queryCrate(url, 'SELECT 1');
      return url;
    },
    sinksOn: sinksOnCrate,
  },
};

/** The oldest and the newest of what each sink promises. */
const promised = ['postgres:13', 'postgres:18', 'mysql:8.0', 'mysql:9', 'mariadb:10.6', 'mariadb:11', 'mongo:5', 'mongo:8', 'crate:5.10.12', 'crate:6.0'];

/** `wanted`: images of Docker Hub's library, separated by commas; all that are promised without. Throws on one that is no known server. */
export function serversInContainers(wanted: string | undefined): readonly ServerInContainer[] {
  const names = wanted === undefined || wanted === 'all' ? promised : wanted.split(',').map((name) => name.trim());
  return names.map((name) => {
    const server = servers[name.split(':')[0] ?? ''];
    if (server === undefined) throw new Error(`SHARDFOLD_TEST_CONTAINERS: no sink is for ${name}; known are ${Object.keys(servers).join(', ')}`);
    return { ...server, image: `docker.io/library/${name}` };
  });
}
