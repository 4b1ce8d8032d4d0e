/** One object that is shown again and again: drawn anew on a terminal, elsewhere printed once for every change. */
import { type Format, print, type Printable } from './output';

/** Clears a terminal and goes to its first line. */
const CLEAR = '\u001b[2J\u001b[H';

/** Where one object is watched. */
export class Screen<T> {
  readonly #format: Format;
  readonly #printable: (view: T) => Printable;
  readonly #redraws: boolean;
  #last = '';

  constructor(format: Format, printable: (view: T) => Printable) {
    this.#format = format;
    this.#printable = printable;
    this.#redraws = format === 'table' && process.stdout.isTTY;
  }

  /** Shows it as it is now; nothing where it looks as before. JSON is one line. */
  async show(view: T): Promise<void> {
    const printable = this.#printable(view);
    // What people see goes on while nothing changes: how long a branch has been running.
    const shown = this.#redraws ? printable.text() : JSON.stringify(view);
    if (shown === this.#last) return;
    this.#last = shown;
    if (this.#redraws) process.stdout.write(CLEAR);
    await print(this.#format, printable, { onOneLine: true });
  }
}
