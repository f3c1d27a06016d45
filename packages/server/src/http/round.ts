// Requests that Node read from their sockets in one round of its loop are begun together, after the last of them was read. Each then takes
// its first step before any takes its second, and their answers are written one after another. The processor has each step's code at
// hand for all of them, and a client that waits is woken once for many answers instead of for each: a third of the time that a small
// request takes (docs/decisions/0015).

let round: Promise<void> | undefined;

/** When what has come in by now has been read. Requests alone in their round lose no more than the rest of it, which is nothing. */
export function endOfRound(): Promise<void> {
  round ??= new Promise((resolve) =>
    setImmediate(() => {
      round = undefined;
      resolve();
    }),
  );
  return round;
}
