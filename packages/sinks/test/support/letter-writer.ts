// A process that puts dead letters into a file, one call after the other, for tests of several writers and of a full disk. argv[2]:
// the file; argv[3]: what its ids begin with; argv[4]: how many; argv[5]: bytes of `raw`. Says `ready`, begins with a line on stdin,
// and says what it was refused with, at which it ends.
import { once } from 'node:events';
import type { DeadLetter } from '../../src/index.ts';

const { createFileDeadLetters } = await import('../../src/dead-letters/file/store.ts');
const { never, timers } = await import('./machine.ts');
const [path = '', name = '', count = '0', rawBytes = '0'] = process.argv.slice(2);

function letterOf(id: string, number: number): DeadLetter {
  return {
    id,
    failedAtMs: number,
    application: 'application',
    worker: name,
    stream: 'orders',
    shard: 'shardId-000000000000',
    sequence: String(number),
    subSequence: 0,
    arrivalMs: number,
    stage: 'decode',
    sink: undefined,
    target: undefined,
    key: undefined,
    errorCode: 'NO_JSON',
    errorMessage: 'no JSON',
    attempts: 1,
    raw: new Uint8Array(Number(rawBytes)).fill(number),
    event: undefined,
  };
}

const store = createFileDeadLetters({ path, timers, onUnreadable: ({ where, reason }) => process.stdout.write(`unreadable ${where}: ${reason}\n`) });
process.stdout.write('ready\n');
await once(process.stdin, 'data');
try {
  // Every third is one that all writers have.
  for (let number = 0; number < Number(count); number += 1)
    await store.put([letterOf(number % 3 === 0 ? `all-${number}` : `${name}-${number}`, number)], never);
} catch (error) {
  process.stdout.write(`refused ${error instanceof Error && 'code' in error ? error.code : ''} ${error}\n`);
}
await store.close();
process.stdin.destroy();
