// Takes real time and real chance away from everything that runs under virtual time: whoever asks for them is told of. It knows
// no simulation.

const stackLines = 12;

/** Runs, and answers with the places that asked for real time meanwhile. */
export async function withoutRealTime<T>(run: () => Promise<T>): Promise<{ readonly answer: T; readonly asked: readonly string[] }> {
  const asked = new Set<string>();
  const realNow = Date.now;
  const realRandom = Math.random;
  const realTimeout = globalThis.setTimeout;
  const told = (what: string): void => {
    const stack = new Error(what).stack?.split('\n').slice(1, stackLines).join('\n') ?? '';
    // The runner's own parts may know the time.
    if (/\/(packages|test)\/(?!.*node_modules)/.test(stack.split('\n')[1] ?? '')) asked.add(`${what}\n${stack}`);
  };
  Date.now = () => {
    told('Date.now');
    return realNow.call(Date);
  };
  Math.random = () => {
    told('Math.random');
    return realRandom();
  };
  const timeout = (...args: Parameters<typeof setTimeout>): ReturnType<typeof setTimeout> => {
    told('setTimeout');
    return realTimeout(...args);
  };
  globalThis.setTimeout = Object.assign(timeout, realTimeout) as typeof setTimeout;
  try {
    return { answer: await run(), asked: [...asked] };
  } finally {
    Date.now = realNow;
    Math.random = realRandom;
    globalThis.setTimeout = realTimeout;
  }
}
