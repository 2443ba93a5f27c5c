// The command line with a machine of its own: what it prints is kept, what it reads is given.
import type { Machine } from '@shardfold/consumer';
import type { CliIo } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/program.ts';

const machine: Machine = {
  clock: { monotonicMs: () => 0, wallMs: () => 0 },
  timers: { after: () => () => undefined, sleep: () => Promise.resolve() },
  random: { number: () => 0.5, id: () => '0'.repeat(32) },
};

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Given {
  readonly stdin?: readonly Uint8Array[];
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** What a person types at each question; without it nobody can be asked. */
  readonly answers?: readonly string[];
}

async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

export function testIo(given: Given, ran = { out: '', err: '' }): CliIo {
  const answers = [...(given.answers ?? [])];
  const file = (name: string): string => {
    const text = given.files?.[name];
    if (text === undefined) throw Object.assign(new Error(`ENOENT: no such file, open '${name}'`), { code: 'ENOENT' });
    return text;
  };
  return {
    env: given.env ?? {},
    machine: async () => machine,
    hostname: 'host',
    version: '1.2.3',
    out: async (text) => {
      ran.out += text;
    },
    err(text) {
      ran.err += text;
    },
    errIsTerminal: false,
    canAsk: given.answers !== undefined,
    async ask(question) {
      ran.err += question;
      return answers.shift() ?? '';
    },
    stdin: () => each(given.stdin ?? []),
    readText: async (name) => file(name),
    async *readBytes(name) {
      yield Buffer.from(file(name));
    },
    stopSignal: () => new AbortController().signal,
    onHangUp: () => undefined,
  };
}

export async function cli(argv: readonly string[], given: Given = {}): Promise<Ran> {
  const ran = { out: '', err: '' };
  const code = await runCli(argv, testIo(given, ran));
  return { code, ...ran };
}
