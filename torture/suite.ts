// What a torture suite is given and what it gives back. Everything that it chooses follows from the seed; what the machine chooses (which of
// two requests is served first, when a process dies) does not, so a seed replays the plan of a run, not its every moment.

export interface Torture {
  readonly seed: number;
  /** When to stop, in milliseconds since the epoch. */
  readonly untilMs: number;
  /** How many rounds to run whatever the time: kills, cuts or forms. */
  readonly rounds?: number | undefined;
  /** Told now and then how far it is. */
  readonly tellProgress: (progress: string) => void;
}

export interface Outcome {
  /** What was done, for the last lines of the run. */
  readonly summary: readonly string[];
  /** Broken promises. There must be none. */
  readonly violations: readonly string[];
  /** Why nothing was done at all. */
  readonly skipped?: string;
}

export type Suite = (torture: Torture) => Promise<Outcome>;

/** Whether there is to be another round. */
export function isDone({ rounds, untilMs }: Torture, roundsDone: number): boolean {
  return rounds === undefined ? Date.now() >= untilMs : roundsDone >= rounds;
}
