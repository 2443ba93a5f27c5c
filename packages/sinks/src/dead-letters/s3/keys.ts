// The names of letters in a bucket. It asks nothing.

const suffix = '.json';

/** `prefix` as configured, with or without a slash at its end; empty: the top of the bucket. */
export function folderOf(prefix: string): string {
  const trimmed = prefix.replace(/\/+$/, '');
  return trimmed === '' ? '' : `${trimmed}/`;
}

/** Segments that are ways and no names are escaped whole, since some servers follow them. */
function segmentOf(text: string): string {
  return text === '.' || text === '..' ? text.replaceAll('.', '%2E') : encodeURIComponent(text);
}

/**
 * An id of letters, digits and `-_~/` stands in the key as it is, and such keys of one length are in the order of their ids; the
 * program's own ids are all of 32 hexadecimal digits.
 */
export function keyOf(folder: string, id: string): string {
  return `${folder}${id.toWellFormed().split('/').map(segmentOf).join('/')}${suffix}`;
}

export function isLetterKey(key: string): boolean {
  return key.endsWith(suffix);
}
