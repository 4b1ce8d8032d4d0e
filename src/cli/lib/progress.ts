/** Progress for people: on a terminal a few lines that are redrawn, elsewhere a line per step. */
import { monotonicMs } from '../../lib/clock';
import { shown } from '../text/control-characters';
import { wantsJson } from './failure';
import { say } from './output';

/** One item in progress: its current step, and whether that is the last one. */
export interface Step {
  readonly name: string;
  readonly step: string;
  readonly done: boolean;
}

/** How often a terminal's lines are redrawn, for the clock in them. */
const REDRAW_MS = 200;

/** Shows steps on stderr. Call `end` in any case. */
export class Progress {
  /** Under `-o json` stderr has nothing but the error as JSON. */
  readonly #silent = wantsJson(process.argv);
  readonly #terminal = process.stderr.isTTY && !this.#silent;
  readonly #since = new Map<
    string,
    { readonly step: string; readonly at: number; readonly tookMs: number | undefined }
  >();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #noted = new Set<string>();
  #drawn = 0;
  #paused = false;

  constructor() {
    if (this.#terminal) this.#timer = setInterval(() => this.#draw(), REDRAW_MS).unref();
  }

  /** Takes the current step of every item. */
  update(steps: readonly Step[]): void {
    const now = monotonicMs();
    for (const { name, step, done } of steps) {
      const before = this.#since.get(name);
      if (before?.step === step) continue;
      const at = before?.at ?? now;
      this.#since.set(name, { step, at, tookMs: done ? now - at : undefined });
      if (!this.#terminal && !this.#silent) say(`${name}: ${step}${done ? ` (${seconds(now - at)})` : ''}`);
    }
    if (this.#terminal) this.#draw();
  }

  /** Says what goes wrong on the way, once each, above the lines that are redrawn. */
  note(text: string): void {
    if (this.#silent || this.#noted.has(text)) return;
    this.#noted.add(text);
    this.tell(text);
  }

  /** Says something above the lines that are redrawn, so that it stays. */
  tell(text: string): void {
    this.#clear();
    say(text);
    if (this.#terminal) this.#draw();
  }

  /** Draws nothing until `resume`, so that a person can type below what was said. */
  pause(): void {
    this.#clear();
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#terminal) this.#draw();
  }

  #clear(): void {
    if (this.#drawn > 0) process.stderr.write(`\u001b[${String(this.#drawn)}A\u001b[0J`);
    this.#drawn = 0;
  }

  /** Stops redrawing; the last lines stay. */
  end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#draw();
    this.#drawn = 0;
  }

  #draw(): void {
    if (this.#paused) return;
    const width = Math.max(0, ...[...this.#since.keys()].map((name) => name.length));
    const lines = [...this.#since].map(([name, { step, at, tookMs }]) => {
      const line = `  ${name.padEnd(width)}  ${step.padEnd(9)} ${seconds(tookMs ?? monotonicMs() - at)}`;
      return shown(line, false)
        .replaceAll('\n', ' ')
        .slice(0, process.stderr.columns - 1);
    });
    const up = this.#drawn > 0 ? `\u001b[${String(this.#drawn)}A` : '';
    process.stderr.write(up + lines.map((line) => `\u001b[2K${line}\n`).join(''));
    this.#drawn = lines.length;
  }
}

/** Milliseconds as `1.2s`. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)}s`;
}
