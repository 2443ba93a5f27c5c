// A sink that is closed whatever becomes of what it was made for. It opens nothing.
import type { Sink } from '../../src/index.ts';

export async function withSink<T>(sink: Sink, use: (sink: Sink) => Promise<T>): Promise<T> {
  try {
    return await use(sink);
  } finally {
    await sink.close();
  }
}
