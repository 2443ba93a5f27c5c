// What happened, one line an event in fixed columns, and one number for all of it: two runs of one seed must agree. It judges
// nothing.

export interface TraceLine {
  readonly atMs: number;
  readonly who: string;
  readonly key?: string;
  readonly event: string;
  readonly counter?: string | undefined;
  readonly position?: string | undefined;
}

export interface Trace {
  add(line: TraceLine): void;
  /** The last lines, oldest first. */
  tail(count: number): string;
  /** Of all lines so far. */
  hash(): string;
  lines(): number;
  /** Nothing is added any more: the cause stays in sight. */
  close(): void;
}

/** Older lines only live on in the hash. */
const maxKept = 5000;
const digitsOfHash = 8;

export function lineText({ atMs, who, key = '', event, counter = '', position = '' }: TraceLine): string {
  const time = (atMs / 1000).toFixed(3).padStart(9);
  return `${time} ${who.padEnd(8)} ${key.replace(/^shardId-0*(?=\d)/, 'shard ').padEnd(9)} ${event.padEnd(34)} ${counter.padStart(5)} ${position}`.trimEnd();
}

export function createTrace(): Trace {
  const kept: TraceLine[] = [];
  let count = 0;
  let hash = 0x811c9dc5;
  let closed = false;
  const mix = (text: string): void => {
    for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  };
  return {
    add(line) {
      if (closed) return;
      kept[count % maxKept] = line;
      count += 1;
      mix(`${line.atMs}${line.who}${line.key}${line.event}${line.counter}${line.position}`);
    },
    tail(wanted) {
      const first = Math.max(0, count - Math.min(wanted, maxKept));
      const lines: string[] = [];
      for (let at = first; at < count; at += 1) {
        const line = kept[at % maxKept];
        if (line !== undefined) lines.push(lineText(line));
      }
      return lines.join('\n');
    },
    hash: () => (hash >>> 0).toString(16).padStart(digitsOfHash, '0'),
    lines: () => count,
    close() {
      closed = true;
    },
  };
}
