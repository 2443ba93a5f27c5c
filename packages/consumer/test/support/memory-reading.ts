// Reads the Kinesis in memory page by page, without a source. It knows no test.
import type { Page, StartAt, StreamService } from '../../src/source/service.ts';
import type { ShardRef } from '../../src/types.ts';

export const never: AbortSignal = new AbortController().signal;
const limitMax = 10_000;

/** The texts of a page, which is freed. */
export function textsOf(page: Page): readonly string[] {
  const texts = page.records.map((record) => record.text());
  page.free();
  return texts;
}

/** The page that an iterator from there gives. */
export async function firstPage(service: StreamService, shard: ShardRef, from: StartAt, limit = limitMax): Promise<Page> {
  return service.page(shard, await service.iterator(shard, from, never), limit, never);
}

/** The texts of one page after another, until there is none or an empty one. */
export async function readShard(service: StreamService, shard: ShardRef, from: StartAt, limit = limitMax): Promise<readonly (readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  let next: string | undefined = await service.iterator(shard, from, never);
  while (next !== undefined) {
    const page: Page = await service.page(shard, next, limit, never);
    next = page.records.length === 0 ? undefined : page.next;
    pages.push(textsOf(page));
  }
  return pages;
}
