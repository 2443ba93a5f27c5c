// The version of a change from Debezium's source block: the source's time of the commit where the record has one, then the
// source's own order. It reads no row.
import { clusterMicros } from '../mongodb/cluster-time.ts';
import { isObject } from '../records/json.ts';
import type { RawRecord, Version } from '../types.ts';
import { snapshotOffsetMicros, snapshotTime, streamOrder } from '../values/version.ts';
import type { Fields } from './envelope.ts';

const binlogFile = /\.(\d{1,9})$/;
const positionDigits = 16;

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function microsOf({ ts_us: micros, ts_ms: millis }: Fields): number | undefined {
  const time = count(micros) ?? (count(millis) ?? 0) * 1000;
  return time > 0 && time < snapshotOffsetMicros ? time : undefined;
}

/**
 * Where in the binary log the row is. Not by GTID: those of several servers have no order among each other. All events of a
 * compressed transaction have one position; there only `transaction.total_order` tells them apart.
 */
function binlogOrder(source: Fields, payload: Fields): string | undefined {
  const file = typeof source.file === 'string' ? binlogFile.exec(source.file)?.[1] : undefined;
  const position = count(source.pos);
  const row = (isObject(payload.transaction) ? count(payload.transaction.total_order) : undefined) ?? count(source.row);
  if (file === undefined || position === undefined || row === undefined) return undefined;
  return BigInt(file + String(position).padStart(positionDigits, '0') + String(row).padStart(positionDigits, '0')).toString();
}

function sourceOrder(source: Fields, payload: Fields): string | undefined {
  switch (source.connector) {
    case 'postgresql':
      return count(source.lsn)?.toString();
    case 'mysql':
    case 'mariadb':
      return binlogOrder(source, payload);
    default:
      return undefined;
  }
}

function timeOf(source: Fields, payload: Fields): number | undefined {
  const micros = microsOf(source);
  if (source.connector !== 'mongodb' || micros === undefined) return micros ?? microsOf(payload);
  return clusterMicros(Math.floor(micros / 1e6), source.ord ?? 0) ?? micros;
}

/**
 * Whether the time of a MySQL row is that of its commit. It is with GTIDs, which carry the commit's time since MySQL 8.0.1, by
 * a connector that reads it from there (since 2.6, which sends microseconds too). Else, and from MariaDB always, whose GTIDs have no
 * colon, it is the second in which the statement began: one that began earlier may change the row later.
 */
function hasCommitTime({ connector, gtid, ts_us: micros }: Fields): boolean {
  return connector === 'mysql' && typeof gtid === 'string' && gtid.includes(':') && count(micros) !== undefined;
}

/** Undefined when there is no time. A time of 0 leaves the order to the place in the binlog. */
function changeTime(source: Fields, payload: Fields): number | undefined {
  const isBinlog = source.connector === 'mysql' || source.connector === 'mariadb';
  return isBinlog && !hasCommitTime(source) ? 0 : timeOf(source, payload);
}

/** Undefined when the record has no time, or the stream's order is needed and is none. */
export function versionOf(source: Fields, payload: Fields, record: RawRecord, isSnapshot: boolean): Version | undefined {
  const time = isSnapshot ? (microsOf(source) ?? microsOf(payload)) : changeTime(source, payload);
  const seq = (isSnapshot ? undefined : sourceOrder(source, payload)) ?? streamOrder(record, 0);
  if (time === undefined || seq === undefined) return undefined;
  return { time: isSnapshot ? snapshotTime(time) : time, seq };
}
