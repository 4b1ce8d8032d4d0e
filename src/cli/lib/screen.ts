/** Shows one object over time: redrawn on a terminal, elsewhere printed once per change. */
import { type Format, isTable, print, type Printable } from './output';

/** Clears a terminal and moves to its first line. */
const CLEAR = '\u001b[2J\u001b[H';

/** The output of one watch. */
export class Screen<T> {
  readonly #format: Format;
  readonly #printable: (view: T) => Printable;
  readonly #redraws: boolean;
  #last = '';

  constructor(format: Format, printable: (view: T) => Printable) {
    this.#format = format;
    this.#printable = printable;
    this.#redraws = isTable(format) && process.stdout.isTTY;
  }

  /** Shows the view if it has changed. JSON is one line. */
  async show(view: T): Promise<void> {
    const printable = this.#printable(view);
    // The text changes with time even if the view does not: it says how long a branch has been
    // running.
    const shown = this.#redraws ? printable.text() : JSON.stringify(view);
    if (shown === this.#last) return;
    this.#last = shown;
    if (this.#redraws) process.stdout.write(CLEAR);
    await print(this.#format, printable, { onOneLine: true });
  }
}
