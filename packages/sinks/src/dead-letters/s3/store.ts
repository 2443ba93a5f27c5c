// Dead letters as objects of an S3 bucket, one each: `<prefix>/<id>.json`. The key is made of the id alone, so the same letter is
// found, and kept once, without knowing on which day it first failed. It knows no worker.
import type { S3Client } from '@aws-sdk/client-s3';
import type { DeadLetter } from '../../types.ts';
import { awsNameOf, awsStatusOf } from '../aws/errors.ts';
import { type AwsAccess, awsConfig, createLink } from '../aws/link.ts';
import { letterFromJson, letterToJson, maxLetterBytes, wholeForm } from '../json.ts';
import { inLanes } from '../lanes.ts';
import { firstOfEachId } from '../once.ts';
import type { DeadLetterPlace, OnUnreadable } from '../place.ts';
import { folderOf, isLetterKey, keyOf } from './keys.ts';

export interface S3DeadLettersOptions extends AwsAccess {
  readonly bucket: string;
  /** `dead-letters/orders`; empty: the top of the bucket. No other objects should lie there. */
  readonly prefix: string;
  readonly onUnreadable: OnUnreadable;
}

const lanesMax = 16;
const keysPerListing = 1_000;
/** Two programs that write the same object at once: the server tells one of them to try again. */
const maxConflicts = 5;

type Sdk = typeof import('@aws-sdk/client-s3');

interface Reached {
  readonly client: S3Client;
  readonly sdk: Sdk;
}

async function connect(options: S3DeadLettersOptions): Promise<Reached> {
  const [sdk, config] = await Promise.all([import('@aws-sdk/client-s3'), awsConfig(options)]);
  // Other servers know neither buckets as host names nor checksums that the SDK would add.
  const forOthers = { forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' } as const;
  return { sdk, client: new sdk.S3Client({ ...config, ...(options.endpoint === undefined ? {} : forOthers) }) };
}

function isMissing(error: unknown): boolean {
  return awsNameOf(error) === 'NoSuchKey' || (awsNameOf(error) === 'NotFound' && awsStatusOf(error) === 404);
}

/** One bucket's objects under one folder. */
function createObjects({ bucket, prefix, onUnreadable }: S3DeadLettersOptions) {
  const folder = folderOf(prefix);
  /** Whether the server knows `If-None-Match: *` on writes; one that passes over it keeps the newest instead of the first. */
  let conditional = true;

  async function exists({ client, sdk }: Reached, id: string, abortSignal: AbortSignal): Promise<boolean> {
    try {
      await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: keyOf(folder, id) }), { abortSignal });
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  return {
    exists,
    async keep(reached: Reached, letter: DeadLetter, abortSignal: AbortSignal): Promise<void> {
      const { client, sdk } = reached;
      const object = { Bucket: bucket, Key: keyOf(folder, letter.id), Body: letterToJson(letter, wholeForm), ContentType: 'application/json' };
      for (let attempt = 1; conditional; attempt += 1) {
        try {
          await client.send(new sdk.PutObjectCommand({ ...object, IfNoneMatch: '*' }), { abortSignal });
          return;
        } catch (error) {
          const status = awsStatusOf(error);
          if (status === 412) return;
          if (status === 501) conditional = false;
          else if (status !== 409 || attempt >= maxConflicts) throw error;
        }
      }
      if (!(await exists(reached, letter.id, abortSignal))) await client.send(new sdk.PutObjectCommand(object), { abortSignal });
    },
    async remove({ client, sdk }: Reached, id: string, abortSignal: AbortSignal): Promise<void> {
      await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: keyOf(folder, id) }), { abortSignal });
    },
    /** Undefined: it is not there, or is no letter, which is said. */
    async read({ client, sdk }: Reached, key: string, abortSignal: AbortSignal): Promise<DeadLetter | undefined> {
      try {
        const { Body, ContentLength } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal });
        if (Body === undefined) return undefined;
        if ((ContentLength ?? 0) > maxLetterBytes) {
          if ('destroy' in Body) Body.destroy();
          onUnreadable({ where: `s3://${bucket}/${key}`, reason: 'it is too large for a letter' });
          return undefined;
        }
        const read = letterFromJson(await Body.transformToString());
        if (read.kind === 'letter') return read.letter;
        onUnreadable({ where: `s3://${bucket}/${key}`, reason: read.reason });
        return undefined;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    keyOf: (id: string) => keyOf(folder, id),
    /** Keys of letters in their order, a listing at a time. */
    async *listings({ client, sdk }: Reached, after: string | undefined, maxKeys: number, abortSignal: AbortSignal): AsyncGenerator<readonly string[]> {
      let begin: { readonly StartAfter?: string; readonly ContinuationToken?: string } = after === undefined ? {} : { StartAfter: keyOf(folder, after) };
      for (;;) {
        const answer = await client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: folder, MaxKeys: maxKeys, ...begin }), { abortSignal });
        yield (answer.Contents ?? []).flatMap(({ Key }) => (Key !== undefined && isLetterKey(Key) ? [Key] : []));
        if (answer.NextContinuationToken === undefined) return;
        begin = { ContinuationToken: answer.NextContinuationToken };
      }
    },
  };
}

/**
 * Needs s3:PutObject, s3:GetObject, s3:DeleteObject on the objects and s3:ListBucket on the bucket. Nothing is asked before the
 * first call. A letter with an id that is there is not written again, so long as the server honours `If-None-Match: *`, as S3 does.
 * `count` lists the keys, and `discard` tells by a look before the deletion whether a letter was there.
 */
export function createS3DeadLetters(options: S3DeadLettersOptions): DeadLetterPlace {
  const place = {
    name: `S3 bucket ${options.bucket}`,
    actions: 's3:ListBucket on the bucket and s3:PutObject, s3:GetObject and s3:DeleteObject on its objects',
  };
  const { ask, close } = createLink(place, () => connect(options));
  const objects = createObjects(options);
  return {
    open: (signal) =>
      ask(signal, async (reached) => {
        for await (const _keys of objects.listings(reached, undefined, 1, signal)) return;
      }),
    async put(letters, signal) {
      await ask(signal, (reached) => inLanes(firstOfEachId(letters), lanesMax, (letter) => objects.keep(reached, letter, signal)));
    },
    count: (signal, enough = Number.POSITIVE_INFINITY) =>
      ask(signal, async (reached) => {
        let count = 0;
        for await (const keys of objects.listings(reached, undefined, keysPerListing, signal)) {
          count += keys.length;
          if (count >= enough) return enough;
        }
        return count;
      }),
    page: ({ limit, after }, signal) =>
      ask(signal, async (reached) => {
        const letters: DeadLetter[] = [];
        if (limit <= 0) return letters;
        for await (const keys of objects.listings(reached, after, Math.min(limit, keysPerListing), signal)) {
          for (let at = 0; at < keys.length && letters.length < limit; ) {
            const part = keys.slice(at, at + limit - letters.length);
            const read = await inLanes(part, lanesMax, (key) => objects.read(reached, key, signal));
            letters.push(...read.filter((letter) => letter !== undefined));
            at += part.length;
          }
          if (letters.length >= limit) break;
        }
        return letters;
      }),
    find: (id, signal) => ask(signal, (reached) => objects.read(reached, objects.keyOf(id), signal)),
    discard: (ids, signal) =>
      ask(signal, async (reached) => {
        const gone = await inLanes([...new Set(ids)], lanesMax, async (id) => {
          if (!(await objects.exists(reached, id, signal))) return false;
          await objects.remove(reached, id, signal);
          return true;
        });
        return gone.filter((was) => was).length;
      }),
    close,
  };
}
