// False folds of a key: each breaks one rule of the fold and keeps the others. For trying the conformance suite.
import { compareVersions, type RowImage } from '@shardfold/changes';
import { rowOf } from '../../src/testing/index.ts';
import { type Fold, type KeyChange, type Known, theFold } from '../../src/testing/memory-key.ts';

type Learned = Fold['learned'];
type Arguments = Parameters<Learned>;

function learning(learned: (...given: Arguments) => ReturnType<Learned>): Fold {
  return { ...theFold, learned };
}

/** Another fold for changes of one kind. */
function only(kind: KeyChange['kind'], learned: (...given: Arguments) => ReturnType<Learned>): Fold {
  return learning((...given) => (given[1].kind === kind ? learned(...given) : theFold.learned(...given)));
}

/** What the true fold makes of it, changed. */
function after(kind: KeyChange['kind'], change: (learned: Known, before: Known, deletes: Arguments[3]) => Known): Fold {
  return only(kind, (known, ...rest) => {
    const learned = theFold.learned(known, ...rest);
    return learned === undefined ? undefined : change(learned, known, rest[2]);
  });
}

const emptyRow: RowImage = rowOf({});
const longAgo = { time: -9e15, seq: '0' };

export const falseFolds = {
  'a replayed put is applied': only('put', (known, change, ...rest) => {
    const replayed = known.whole !== undefined && compareVersions(change.version, known.whole.version) === 0;
    return replayed ? theFold.learned({ ...known, whole: undefined }, change, ...rest) : theFold.learned(known, change, ...rest);
  }),
  'an older put is applied': only('put', (known, ...rest) => theFold.learned({ ...known, whole: undefined }, ...rest)),
  'a put outranks a delete of its version': only('put', (known, change, ...rest) => {
    const tie = known.deleted !== undefined && compareVersions(change.version, known.deleted.version) === 0;
    return theFold.learned(tie ? { ...known, deleted: undefined } : known, change, ...rest);
  }),
  'a put does not see the tombstone': only('put', (known, ...rest) => theFold.learned({ ...known, deleted: undefined }, ...rest)),
  'a patch does not see the tombstone': only('patch', (known, ...rest) => {
    const learned = theFold.learned({ ...known, deleted: undefined }, ...rest);
    return learned === undefined ? undefined : { ...learned, deleted: known.deleted };
  }),
  'the floor is not looked at': learning((known, change, _floor, deletes) => theFold.learned(known, change, undefined, deletes)),
  'a truncation leaves the rows': { ...theFold, settled: (known: Known) => known },
  'a truncation takes patches that are newer': {
    ...theFold,
    settled(known: Known, ...rest: [Arguments[2], Arguments[3]]) {
      const settled = theFold.settled(known, ...rest);
      return known.patches.size === 0 || settled.whole !== undefined ? settled : { ...settled, patches: new Map() };
    },
  },
  'a delete takes patches that are newer': after('delete', (learned, _before, deletes) => (deletes === 'hard' ? { ...learned, patches: new Map() } : learned)),
  'a delete leaves no tombstone': after('delete', (learned, before) => ({ ...learned, deleted: before.deleted })),
  'a delete takes a newer row': only('delete', (known, change, floor, deletes) =>
    theFold.learned(known.whole === undefined ? known : { ...known, whole: { ...known.whole, version: longAgo } }, change, floor, deletes),
  ),
  'a delete does not reach a row of its version': only('delete', (known, change, ...rest) => {
    const tie = known.whole !== undefined && compareVersions(known.whole.version, change.version) === 0;
    return tie ? undefined : theFold.learned(known, change, ...rest);
  }),
  'an older patch is applied': only('patch', (known, ...rest) => {
    const learned = theFold.learned({ ...known, patches: new Map() }, ...rest);
    return learned === undefined ? undefined : { ...learned, patches: new Map([...known.patches, ...learned.patches]) };
  }),
  'a patch overwrites a newer row': only('patch', (known, ...rest) => {
    const learned = theFold.learned({ ...known, whole: undefined }, ...rest);
    return learned === undefined ? undefined : { ...learned, whole: known.whole };
  }),
  'a patch raises the version of the row': only('patch', (known, change, ...rest) => {
    const learned = theFold.learned(known, change, ...rest);
    return learned?.whole === undefined ? learned : { ...learned, whole: { ...learned.whole, version: change.version } };
  }),
  'a put does not clear older patches': after('put', (learned, before) => ({ ...learned, patches: before.patches })),
  'a put clears newer patches': after('put', (learned) => ({ ...learned, patches: new Map() })),
  'a put does not reach a row that has patches': only('put', (known, ...rest) => (known.patches.size > 0 ? undefined : theFold.learned(known, ...rest))),
  'a soft delete empties the row': after('delete', (learned, _before, deletes) => {
    const { whole } = learned;
    return deletes === 'hard' || whole === undefined ? learned : { ...learned, whole: { ...whole, row: emptyRow } };
  }),
  'a soft table refuses a put below the tombstone': only('put', (known, change, floor) => theFold.learned(known, change, floor, 'hard')),
  'a soft table refuses patches below the tombstone': only('patch', (known, change, floor) => theFold.learned(known, change, floor, 'hard')),
  'a soft put takes the mark away': after('put', (learned, _before, deletes) => (deletes === 'soft' ? { ...learned, deleted: undefined } : learned)),
  'a soft patch takes the mark away': after('patch', (learned, _before, deletes) => (deletes === 'soft' ? { ...learned, deleted: undefined } : learned)),
} satisfies Readonly<Record<string, Fold>>;
