/** The human of a fleet under test: answers questions after some simulated time. */
import type { DroverClient, RunRef } from '../client';
import { DroverError } from '../contract/errors';
import type { OpenQuestion } from '../contract/run';
import type { ScriptedAnswer } from '../contract/run/script';
import { until } from '../lib/until';
import { mustBeDuration } from './durations';
import type { SimulatedClock } from './server/clock';

/**
 * The human's answers in order, each with its delay; `repeat` on the last one repeats it. Or a
 * function that answers each question; null: it answers nothing, and `t.answer` may.
 */
export type Human = readonly ScriptedAnswer[] | ((question: OpenQuestion) => ScriptedAnswer | null);

/** How long a run may take to show a question that was asked, in real milliseconds. */
const SHOWN_WITHIN_MS = 5_000;

/** Answers the questions of all runs of one test. */
export class TestHuman {
  readonly #client: DroverClient;
  readonly #clock: SimulatedClock;
  readonly #human: Human;
  readonly #busy = new Set<string>();
  /** Runs that are looked at soon. */
  readonly #due = new Set<string>();
  #position = 0;

  constructor(client: DroverClient, clock: SimulatedClock, human: Human) {
    this.#client = client;
    this.#clock = clock;
    this.#human = human;
  }

  /** A branch has asked: looks at the run's open question, unless one waits for its answer. */
  asked(ref: RunRef): void {
    const key = `${ref.fleet}/${ref.run}`;
    if (this.#due.has(key) || this.#busy.has(key)) return;
    this.#due.add(key);
    this.#clock.plan(this.#clock.stepEnd, () => {
      this.#due.delete(key);
      return this.#look(ref, SHOWN_WITHIN_MS);
    });
  }

  async #look(ref: RunRef, withinMs: number): Promise<void> {
    const key = `${ref.fleet}/${ref.run}`;
    if (this.#busy.has(key)) return;
    const open = await until(async () => (await this.#client.runs.describe(ref)).question ?? undefined, withinMs);
    if (open === undefined || this.#busy.has(key)) return;
    const given = this.#next(open);
    if (given === null) return;
    this.#busy.add(key);
    const at = (await this.#clock.now()) + mustBeDuration(given.delay ?? '0s');
    this.#clock.plan(at, async () => {
      await this.#answer(ref, given.answer, open);
      this.#busy.delete(key);
      await this.#look(ref, 0);
    });
  }

  #next(question: OpenQuestion): ScriptedAnswer | null {
    if (typeof this.#human === 'function') return this.#human(question);
    const answer = this.#human[this.#position];
    if (answer?.repeat !== true) this.#position += 1;
    return answer ?? null;
  }

  /** A question that was withdrawn, or whose time is over, needs no answer. */
  async #answer(ref: RunRef, value: unknown, { question }: OpenQuestion): Promise<void> {
    try {
      await this.#client.runs.answer(ref, value, question);
    } catch (error) {
      const isOver = error instanceof DroverError && ['RuntimeStateError', 'RunNotFound'].includes(error.code);
      if (!isOver) throw error;
    }
  }
}
