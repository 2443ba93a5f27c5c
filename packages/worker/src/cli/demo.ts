// `demo`: what `npm start` runs. What it shows is in `../demo/`.
import type { DemoLine, DemoSink } from '../demo/demo.ts';
import { CliError, type CliIo } from './io.ts';

export interface DemoFlags {
  /** Milliseconds; without it, until a stop is asked for. */
  readonly for?: number;
  /** Records a second. */
  readonly rate: number;
  readonly sink: DemoSink;
  readonly page: boolean;
  readonly json?: boolean;
}

export async function demo(io: CliIo, flags: DemoFlags): Promise<number> {
  const stop = io.stopSignal();
  const { runDemo } = await import('../demo/demo.ts');
  const print = ({ text, ...fields }: DemoLine) => void io.out(`${flags.json === true ? JSON.stringify(fields) : text}\n`).catch(() => undefined);
  try {
    return await runDemo({ machine: await io.machine(), forMs: flags.for, page: flags.page, sink: flags.sink, ratePerSecond: flags.rate, stop, print });
  } catch (error) {
    throw new CliError(1, error instanceof Error ? error.message : String(error));
  }
}
