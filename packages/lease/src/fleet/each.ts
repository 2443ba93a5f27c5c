// Does something to many things, a few at a time.

/** Requests on their way at the same time; they leave connections free for renewals. */
const maxInFlight = 16;

/** Runs `act` on all, a few at a time, while `go` holds. Throws the first failure when what was under way is over. */
export async function each<T>(all: readonly T[], go: () => boolean, act: (one: T) => Promise<void>): Promise<void> {
  const queue = [...all];
  let failed = false;
  const work = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined && !failed && go(); one = queue.shift()) {
      try {
        await act(one);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(maxInFlight, all.length) }, work));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}
