// Lines of the log on their way out, gathered for a moment and written together: under load a write for each line wakes another thread for
// each request, which costs several times what it takes to make the line.

import type { DestinationStream } from 'pino';

/** How long a line may wait for others. */
export const gatherMs = 20;
/** What is gathered is written at once when it has become so long. */
export const gatheredCharactersMax = 64 * 1024;

export class GatheredLines implements DestinationStream {
  readonly #out: DestinationStream;
  #text = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(out: DestinationStream) {
    this.#out = out;
  }

  write(line: string): void {
    this.#text += line;
    if (this.#text.length >= gatheredCharactersMax) this.flush();
    // Nothing stays alive for it: at exit the rest is flushed.
    else this.#timer ??= setTimeout(() => this.flush(), gatherMs).unref();
  }

  /** To be called at exit. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#text !== '') this.#out.write(this.#text);
    this.#text = '';
  }
}
