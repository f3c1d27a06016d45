// How far a long copy is, on one line of a terminal. Written to stderr, so that stdout stays clean for pipes; nothing is written when
// stderr is no terminal.

import { writeSize } from '@postern/sdk/sign';

/** A copy this small is over before a bar could be read, in bytes. */
const shownFromBytes = 8 * 1024 * 1024;
const barCharacters = 24;

export class ProgressBar {
  readonly #name: string;
  readonly #totalBytes: number;
  readonly #terminal: NodeJS.WriteStream;
  #shownPercent = -1;

  constructor(name: string, totalBytes: number, terminal: NodeJS.WriteStream = process.stderr) {
    this.#name = name;
    this.#totalBytes = totalBytes;
    this.#terminal = terminal;
  }

  update(doneBytes: number): void {
    if (!this.#terminal.isTTY || this.#totalBytes < shownFromBytes) return;
    const percent = Math.floor((100 * doneBytes) / this.#totalBytes);
    if (percent === this.#shownPercent) return;
    this.#shownPercent = percent;
    const filled = Math.round((barCharacters * percent) / 100);
    const bar = '█'.repeat(filled).padEnd(barCharacters, '░');
    const sizes = `${writeSize(doneBytes)} of ${writeSize(this.#totalBytes)}`;
    this.#terminal.write(`\r${bar} ${String(percent).padStart(3)} %  ${sizes}  ${this.#name}\x1b[K`);
  }

  /** Takes the line away again. */
  finish(): void {
    if (this.#shownPercent >= 0) this.#terminal.write('\r\x1b[K');
  }
}
