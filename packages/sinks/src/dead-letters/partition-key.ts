// What a place keeps of a partition key that it cannot hold as it is: nothing. A replay takes the row's key from it, and another key is
// another row. It knows no place.

/** Half a surrogate pair has no UTF-8: it would come back as U+FFFD. */
export function unicodeOrNone(partitionKey: string | undefined): string | undefined {
  return partitionKey?.isWellFormed() === true ? partitionKey : undefined;
}

/** For texts that hold no NUL either. */
export function textOrNone(partitionKey: string | undefined): string | undefined {
  return partitionKey?.includes('\u0000') === true ? undefined : unicodeOrNone(partitionKey);
}
