// Asks about many things, a few at a time. It knows no thing and no service.

/** Requests on their way at the same time. */
const atOnceMax = 8;

/** What `act` answers, in the order of `all`. Throws the first failure once what was under way is over; begins nothing more then. */
export async function inParallel<T, R>(all: readonly T[], act: (one: T, at: number) => Promise<R>): Promise<readonly R[]> {
  const answers: R[] = [];
  const queue = [...all.entries()];
  let failed = false;
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !failed; next = queue.shift()) {
      const [at, one] = next;
      try {
        answers[at] = await act(one, at);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(atOnceMax, all.length) }, work));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
  return answers;
}
