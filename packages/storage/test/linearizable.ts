// Whether a history of one register is linearizable: whether every operation can be given a moment between its call and its answer such
// that, in the order of these moments, every read gives what was written last (Herlihy and Wing 1990; the search is Wing and Gong's, with
// the states that were tried before remembered, as in Lowe 2017).

export interface Call {
  /** Of the same clock, which never stands still. */
  readonly calledAt: number;
  /** Infinite without an answer: the operation may take effect at any time, or never. */
  readonly answeredAt: number;
  /** A written or read value; undefined stands for nothing being there. */
  readonly kind: 'write' | 'read';
  readonly value: number | undefined;
}

/** @param initial what is there before the first of them */
export function isLinearizable(history: readonly Call[], initial: number | undefined): boolean {
  const seen = new Set<string>();

  function search(left: readonly Call[], value: number | undefined): boolean {
    // What was never answered need not have happened.
    if (left.every(({ answeredAt }) => answeredAt === Number.POSITIVE_INFINITY)) return true;
    const state = `${left.map((call) => history.indexOf(call))} ${value}`;
    if (seen.has(state)) return false;
    seen.add(state);
    const firstAnswer = Math.min(...left.map(({ answeredAt }) => answeredAt));
    for (const call of left) {
      // Whoever was called after another had been answered comes after that one.
      if (call.calledAt > firstAnswer) continue;
      if (call.kind === 'read' && call.value !== value) continue;
      const next = call.kind === 'write' ? call.value : value;
      const others = left.filter((other) => other !== call);
      if (search(others, next)) return true;
    }
    return false;
  }

  return search(history, initial);
}
