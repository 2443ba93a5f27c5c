// Work over a list, so many pieces at a time. It knows no letter.

/** The answers in the order of the items. Rejects with the first failure, once nothing is under way any more; what had not begun then never does. */
export async function inLanes<Item, Answer>(items: readonly Item[], lanesMax: number, work: (item: Item) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  const failures: unknown[] = [];
  const left = items.entries();
  async function lane(): Promise<void> {
    for (const [index, item] of left) {
      if (failures.length > 0) return;
      try {
        answers[index] = await work(item);
      } catch (failure) {
        failures.push(failure);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanesMax, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return answers;
}
