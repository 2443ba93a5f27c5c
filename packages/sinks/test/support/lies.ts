// Ways in which a sink can be wrong around the fold: what it makes of values, names, tables and reports. For trying the suite.
import { ExactNumber, type Image, type Key, type Value, type Version } from '@shardfold/changes';
import { imageOf, rowOf } from '../../src/testing/index.ts';
import { theFold } from '../../src/testing/memory-key.ts';
import { defaultBookkeeping, type Mutation, SinkError, type TargetTable } from '../../src/types.ts';
import type { Lie } from './pretend-server.ts';

/** Another lie for each subject: most remember something. */
export type Liar = () => Lie;

const never = new AbortController().signal;

type Fields = readonly (readonly [name: string, value: Value])[];

/** Images with other fields. */
function fields(change: (fields: Fields, target: TargetTable, mutation: Mutation, writer: number) => Fields): Lie {
  return {
    mutation(mutation, target, writer) {
      if (mutation.kind === 'delete') return mutation;
      const image = mutation.kind === 'patch' ? mutation.columns : mutation.row;
      const changed = rowOf(imageOf(change(Object.entries(image.values()), target, mutation, writer)));
      return mutation.kind === 'patch' ? { ...mutation, columns: changed } : { ...mutation, row: changed };
    },
  };
}

/** The same in layout `columns` alone. */
function columns(change: Parameters<typeof fields>[0]): Lie {
  return fields((all, target, ...rest) => (target.layout === 'columns' ? change(all, target, ...rest) : all));
}

function keys(change: (value: Value) => Value): Lie {
  return {
    mutation(mutation) {
      if (mutation.kind === 'append') return mutation;
      const key: Key = mutation.key.map(([name, value]) => [name, change(value)]);
      return { ...mutation, key };
    },
  };
}

function texts(change: (text: string) => string): Lie {
  return keys((value) => (typeof value === 'string' ? change(value) : value));
}

function rounded(value: Value): Value {
  if (value instanceof ExactNumber) return Number(value.digits);
  return typeof value === 'bigint' ? Number(value) : value;
}

function kindOf(value: Value): string {
  return value === null ? 'null' : value instanceof ExactNumber || typeof value === 'bigint' ? 'number' : typeof value;
}

function addressIn(target: TargetTable, mutation: Mutation): string {
  return `${target.name} ${mutation.kind === 'append' ? mutation.position : JSON.stringify(mutation.key.map(([, value]) => String(value)))}`;
}

/** Rows of which the columns that this writer has not met keep what they held. */
function staleColumns(knows: 'nothing' | 'what it wrote'): Lie {
  const held = new Map<string, Image>();
  const known = new Map<number, Set<string>>();
  return columns((all, target, mutation, writer) => {
    if (mutation.kind !== 'put') return all;
    const mine = known.get(writer) ?? new Set();
    known.set(writer, mine);
    for (const [name] of all) mine.add(name);
    const address = addressIn(target, mutation);
    const old = Object.entries(held.get(address) ?? {}).filter(([name]) => knows === 'nothing' || !mine.has(name));
    const image = imageOf([...old, ...all]);
    held.set(address, image);
    return Object.entries(image);
  });
}

/** Values of another type than the column's first are lost. */
function firstTypes(): Lie {
  const types = new Map<string, string>();
  return columns((all, target) =>
    all.filter(([name, value]) => {
      const column = `${target.name} ${name}`;
      const type = types.get(column);
      if (value !== null && type === undefined) types.set(column, kindOf(value));
      return value === null || type === undefined || type === kindOf(value);
    }),
  );
}

/** Alone, a write keeps to the guard; while another is in flight it has none. */
function unguardedTogether(): Lie {
  let inFlight = 0;
  return {
    fold: { ...theFold, learned: (known, ...rest) => theFold.learned(inFlight > 1 ? { ...known, whole: undefined, deleted: undefined } : known, ...rest) },
    table: (table) => ({
      ...table,
      async write(group, signal) {
        inFlight += 1;
        try {
          return await table.write(group, signal);
        } finally {
          inFlight -= 1;
        }
      },
    }),
  };
}

function deadlocking(): Lie {
  const busy = new Set<string>();
  return {
    table: (table, { name }) => ({
      ...table,
      async write(group, signal) {
        if (busy.has(name)) throw new SinkError('SINK_BUSY', 'deadlock detected', { retryable: true });
        busy.add(name);
        try {
          return await table.write(group, signal);
        } finally {
          busy.delete(name);
        }
      },
    }),
  };
}

function counter(): () => number {
  let count = 0;
  return () => {
    count += 1;
    return count;
  };
}

export const rowLies: Readonly<Record<string, Liar>> = {
  'digits are compared as text': () => ({
    mutation: (mutation) => ({ ...mutation, version: { ...mutation.version, seq: mutation.version.seq.padEnd(65, '0') } }),
  }),
  'times below zero are zero': () => ({
    mutation: (mutation) => ({ ...mutation, version: { ...mutation.version, time: Math.max(0, mutation.version.time) } }),
  }),
  'numbers are rounded': () => fields((all) => all.map(([name, value]) => [name, rounded(value)])),
  'numbers in keys are rounded': () => keys(rounded),
  'keys ignore case': () => texts((text) => text.toLowerCase()),
  'keys ignore spaces at the end': () => texts((text) => text.trimEnd()),
  'keys are normalised': () => texts((text) => text.normalize('NFC')),
  'keys are cut': () => texts((text) => text.slice(0, 1_000)),
  'binary keys end at NUL': () => keys((value) => (value instanceof Uint8Array ? value.subarray(0, value.indexOf(0) + 1 || undefined) : value)),
  'names of the prototype are lost': () => fields((all) => all.filter(([name]) => name !== '__proto__')),
  'names ignore case': () => fields((all) => all.map(([name, value]) => [name.toLowerCase(), value])),
  'names are cut at 63': () => fields((all) => all.map(([name, value]) => [name.slice(0, 63), value])),
  'empty texts are null': () => fields((all) => all.map(([name, value]) => [name, value === '' ? null : value])),
  'nulls are lost': () => fields((all) => all.filter(([, value]) => value !== null)),
  'long texts are cut': () => fields((all) => all.map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, 32_766) : value])),
  'nothing is dropped': () => ({ target: (target) => ({ ...target, columns: { ...target.columns, drop: [] } }) }),
  'nothing is renamed': () => ({ target: (target) => ({ ...target, columns: { ...target.columns, rename: {} } }) }),
  'a bad row takes its group along': () => ({
    report: (report, group) =>
      report.rejected.length === 0 ? report : { ...report, applied: 0, rejected: group.map((_, index) => ({ index, error: { code: 'X', message: 'X' } })) },
  }),
  'bad rows are numbered among themselves': () => ({
    report: (report) => ({ ...report, rejected: report.rejected.map(({ error }, index) => ({ index, error })) }),
  }),
  'bad rows have no message': () => ({
    report: (report) => ({ ...report, rejected: report.rejected.map(({ index, error }) => ({ index, error: { ...error, message: '' } })) }),
  }),
  'what is superseded counts as applied': () => ({ report: (report) => ({ ...report, applied: report.applied + report.superseded, superseded: 0 }) }),
  'rows beyond 5,000 of a group are lost': () => ({
    table: (table) => ({ ...table, write: async (group, signal) => ({ ...(await table.write(group.slice(0, 5_000), signal)), applied: group.length }) }),
  }),
  'appended rows are appended again': () => {
    const next = counter();
    return { mutation: (mutation) => (mutation.kind === 'append' ? { ...mutation, position: `${mutation.position}:${next()}` } : mutation) };
  },
  'patched rows lose digits': () => ({ row: (row) => (row.partial === null ? row : { ...row, data: JSON.stringify(JSON.parse(row.data)) }) }),
  'patches are always taken': () => ({ target: (target) => ({ ...target, patches: true }) }),
  'two writes at once forget the guard': unguardedTogether,
  'two writes at once are a deadlock': deadlocking,
};

const bookkeepingNames = new Set<string>(Object.values(defaultBookkeeping));

export const columnLies: Readonly<Record<string, Liar>> = {
  'an absent attribute is left standing': () => staleColumns('nothing'),
  'columns that a writer has not met are left standing': () => staleColumns('what it wrote'),
  'values of another type are lost': firstTypes,
  'attributes with a bookkeeping name are lost': () => columns((all) => all.filter(([name]) => !bookkeepingNames.has(name))),
  'attributes beyond 1,600 are lost': () => columns((all) => all.slice(0, 1_600)),
  'digits of columns are lost': () => columns((all) => all.map(([name, value]) => [name, rounded(value)])),
  'columns ignore case': () => columns((all) => all.map(([name, value]) => [name.toLowerCase(), value])),
  'long names are cut and numbered by each writer for itself': () => {
    const next = counter();
    return columns((all) => all.map(([name, value]) => (name.length <= 63 ? [name, value] : [`${name.slice(0, 59)}_${next()}`, value])));
  },
  'null patches leave the old value': () => columns((all, _target, { kind }) => (kind === 'patch' ? all.filter(([, value]) => value !== null) : all)),
};

export const tableLies: Readonly<Record<string, Liar>> = {
  'tombstones are forgotten at once': () => ({ target: (target) => ({ ...target, tombstoneRetentionMs: 0 }) }),
  'tombstones are never forgotten': () => ({ target: (target) => ({ ...target, tombstoneRetentionMs: 1e15 }) }),
  'no more than 100 tombstones are seen': () => {
    const next = counter();
    return { mutation: (mutation) => (mutation.kind === 'delete' && next() > 100 ? { ...mutation, version: { time: -9e15, seq: '0' } } : mutation) };
  },
  'a sweep takes marks away': () => {
    const swept = new Set<string>();
    return {
      table: (table, { name }) => ({ ...table, sweep: (signal) => table.sweep(signal).finally(() => swept.add(name)) }),
      row: (row, { name }) => (swept.has(name) ? { ...row, deleted: false } : row),
    };
  },
  'a sweep heals nothing': () => ({ heals: 'nothing' }),
  'a sweep heals too much': () => ({ heals: 'everything' }),
  'a floor concerns all tables': () => {
    const floors: Version[] = [];
    return {
      table: (table) => ({
        ...table,
        async truncate(before, signal) {
          floors.push(before);
          await table.truncate(before, signal);
        },
        async write(group, signal) {
          for (const floor of floors) await table.truncate(floor, signal);
          return table.write(group, signal);
        },
      }),
    };
  },
  'a truncation reaches 1,000 rows': () => {
    const next = counter();
    return { fold: { ...theFold, settled: (known, ...rest) => (next() <= 1_000 ? theFold.settled(known, ...rest) : known) } };
  },
  'a truncation passes by tables without a key': () => ({ table: (table, { key }) => (key.length === 0 ? { ...table, async truncate() {} } : table) }),
  'a signal is not listened to': () => ({
    table: (table) => ({ ...table, write: (group) => table.write(group, never), truncate: (before) => table.truncate(before, never) }),
  }),
  'half a group lands again': () => ({
    table: (table) => {
      let broken = false;
      return {
        ...table,
        async write(group, signal) {
          const report = await table.write(broken ? group.slice(1) : group, signal).catch((error: unknown) => {
            broken = true;
            throw error;
          });
          return { ...report, applied: group.length - report.superseded - report.rejected.length };
        },
      };
    },
  }),
  'a table is described as often as it was opened': () => {
    let opened = 0;
    return {
      table: (table) => {
        opened += 1;
        return table;
      },
      status: (status) => ({ ...status, tables: Array.from({ length: opened }, () => status.tables[0] ?? { name: '', problems: [] }) }),
    };
  },
  'the server has no name': () => ({ status: (status) => ({ ...status, server: '' }) }),
  'missing tables are made all the same': () => ({ target: (target) => ({ ...target, createTables: true }) }),
  'the statements of a refusal make no table': () => ({ runs: () => false }),
  'a refusal is a plain error': () => ({
    opening: (sink) => ({
      ...sink,
      async table(target, signal) {
        return sink.table(target, signal).catch((error: Error) => {
          throw new Error(error.message);
        });
      },
    }),
  }),
};
