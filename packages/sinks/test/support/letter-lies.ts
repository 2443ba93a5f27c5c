// Ways in which a store of dead letters can be wrong. For trying the suite.
import type { DeadLetter, DeadLetterStore } from '../../src/types.ts';
import type { Liar } from './lies.ts';

function letters(change: (store: DeadLetterStore) => Partial<DeadLetterStore>): Liar {
  return () => ({ letters: (store) => ({ ...store, ...change(store) }) });
}

/** Letters changed on their way in. */
function written(change: (letter: DeadLetter) => DeadLetter): Liar {
  return letters((store) => ({ put: (all, signal) => store.put(all.map(change), signal) }));
}

/** All letters in the order of a locale, where capitals and signs are elsewhere than by their code. */
function localePages(store: DeadLetterStore): Partial<DeadLetterStore> {
  const compare = new Intl.Collator('en').compare;
  return {
    async page({ limit, after }, signal) {
      const all = await store.page({ limit: 10_000 }, signal);
      const rest = all.filter(({ id }) => after === undefined || compare(id, after) > 0);
      return [...rest].sort((left, right) => compare(left.id, right.id)).slice(0, limit);
    },
  };
}

export const letterLies: Readonly<Record<string, Liar>> = {
  'a letter put again replaces the first': letters((store) => ({
    async put(all, signal) {
      await store.discard(
        all.map(({ id }) => id),
        signal,
      );
      await store.put(all, signal);
    },
  })),
  'bytes are kept as UTF-8': written((letter) => ({ ...letter, raw: Buffer.from(Buffer.from(letter.raw).toString('utf8')) })),
  'what is absent comes back empty': written((letter) => ({ ...letter, sink: letter.sink ?? '', event: letter.event ?? '' })),
  'partition keys are lost': written(({ partitionKey: _, ...letter }) => letter),
  'no partition key is an empty one': written((letter) => ({ ...letter, partitionKey: letter.partitionKey ?? '' })),
  'partition keys are made storable': written((letter) => ({ ...letter, partitionKey: letter.partitionKey?.replaceAll('\u0000', '\\u0000').toWellFormed() })),
  'partition keys lose NUL': written((letter) => ({ ...letter, partitionKey: letter.partitionKey?.replaceAll('\u0000', '') })),
  'times lose their milliseconds': written((letter) => ({ ...letter, arrivalMs: Math.floor(letter.arrivalMs / 1_000) * 1_000 })),
  'NUL is cut out': written((letter) => ({ ...letter, errorMessage: letter.errorMessage.replaceAll('\u0000', '') })),
  'long messages are cut': written((letter) => ({ ...letter, errorMessage: letter.errorMessage.slice(0, 32_766) })),
  'letters beyond 1,000 of one put are lost': letters((store) => ({ put: (all, signal) => store.put(all.slice(0, 1_000), signal) })),
  'pages follow a locale': letters(localePages),
  'a page begins with the letter it shall follow': letters((store) => ({
    async page({ limit, after }, signal) {
      const all = await store.page({ limit: 10_000 }, signal);
      return all.filter(({ id }) => after === undefined || id >= after).slice(0, limit);
    },
  })),
  'a page after a letter that is gone begins anew': letters((store) => ({
    async page({ limit, after }, signal) {
      const gone = after !== undefined && (await store.find(after, signal)) === undefined;
      return store.page({ limit, ...(gone || after === undefined ? {} : { after }) }, signal);
    },
  })),
  'pages know no limit': letters((store) => ({ page: ({ limit, ...rest }, signal) => store.page({ ...rest, limit: limit * 3 }, signal) })),
  'a discard counts what it was given': letters((store) => ({ discard: (ids, signal) => store.discard(ids, signal).then(() => ids.length) })),
  'a discard takes nothing': letters(() => ({ discard: async (ids) => ids.length })),
  'everything is found': letters((store) => ({ find: async (id, signal) => (await store.find(id, signal)) ?? (await store.page({ limit: 1 }, signal))[0] })),
};
