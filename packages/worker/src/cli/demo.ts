// `demo`: what `npm start` runs. What it shows is in `../demo/`.
import { CliError, type CliIo } from './io.ts';

export interface DemoFlags {
  /** Milliseconds; without it, until a stop is asked for. */
  readonly for?: number;
  /** Records a second. */
  readonly rate: number;
  readonly sink: string;
  readonly page: boolean;
}

export async function demo(io: CliIo, flags: DemoFlags): Promise<number> {
  if (flags.sink !== 'postgres') throw new CliError(2, `--sink ${flags.sink} is not supported yet. Nothing was started. Leave it out, or say --sink postgres.`);
  const stop = io.stopSignal();
  const { runDemo } = await import('../demo/demo.ts');
  const print = (line: string) => void io.out(`${line}\n`).catch(() => undefined);
  try {
    return await runDemo({ machine: io.machine, forMs: flags.for, page: flags.page, ratePerSecond: flags.rate, stop, print });
  } catch (error) {
    throw new CliError(1, error instanceof Error ? error.message : String(error));
  }
}
