// What may be found under a key: every state that is allowed by what was acknowledged and what was not. A change that is under way may
// have happened or not; once it is acknowledged it has. One change of a key at a time.

/** One version: the number of the write that made it, or a delete marker. */
export type Version = number | 'marker';

/** Newest first. A key of a bucket without versions has one at most. */
export type KeyState = readonly Version[];

export type Change = (state: KeyState) => KeyState;

export class KeyModel {
  #possible: readonly KeyState[] = [[]];
  #underWay: Change | undefined;

  /** The one state it can be in. @throws Error while that is uncertain */
  get state(): KeyState {
    const [state, ...others] = this.#possible;
    if (state === undefined || others.length > 0 || this.#underWay) throw new Error('the state is uncertain');
    return state;
  }

  begin(change: Change): void {
    if (this.#underWay) throw new Error('a change is under way already');
    this.#underWay = change;
  }

  /** The change under way has happened: somebody was told so. May be called again for the same change. */
  acknowledge(change: Change): void {
    if (this.#underWay !== change) return;
    this.#underWay = undefined;
    this.#possible = this.#possible.map(change);
  }

  /** The change under way was refused: it has not happened. */
  refuse(): void {
    this.#underWay = undefined;
  }

  /** Nobody will be told any more. */
  giveUp(): void {
    const change = this.#underWay;
    this.#underWay = undefined;
    if (change) this.#possible = [...this.#possible, ...this.#possible.map(change)];
  }

  /** Narrows the possible to what was found. @returns whether it was among them */
  find(found: KeyState): boolean {
    const isPossible = this.#possible.some((state) => sameState(state, found));
    if (isPossible) this.#possible = [found];
    return isPossible;
  }

  describe(): string {
    return this.#possible.map(describeState).join(' or ');
  }
}

export function describeState(state: KeyState): string {
  return `[${state.join(', ')}]`;
}

function sameState(a: KeyState, b: KeyState): boolean {
  return a.length === b.length && a.every((version, i) => version === b[i]);
}

// --- What the operations do ---

export function putInPlace(write: number): Change {
  return () => [write];
}

export function putOnTop(write: number): Change {
  return (state) => [write, ...state];
}

/** The newest version has grown. */
export function growOnTop(write: number): Change {
  return ([, ...older]) => [write, ...older];
}

export const removeInPlace: Change = () => [];

/** The marker takes the place of the null version. */
export const markInPlace: Change = () => ['marker'];

export const markOnTop: Change = (state) => ['marker', ...state];

export function removeVersion(at: number): Change {
  return (state) => state.filter((_, i) => i !== at);
}
