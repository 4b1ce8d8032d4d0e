/** Output of a run for people, while it runs and at its end. */
import type { DroverClient, FollowRunOptions, RunRef } from '../../client';
import type { BranchWait, OpenQuestion, RunResult, RunView } from '../../contract/run';
import { errorInWords } from '../../contract/run/error-words';
import { type Format, type Printable, say } from '../lib/output';
import { wallClockMs } from '../../lib/clock';
import { waitText } from '../../rules/run/waits';
import { messageOf, plainText } from '../../contract/text';
import { jsonOrText } from '../lib/arguments';
import { askLine, canAsk } from '../lib/ask';
import { untilInterrupted } from '../lib/interrupt';
import { Progress } from '../lib/progress';
import { runText, turnsText } from './run';
import { Screen } from '../lib/screen';

/** How often a watched run is redrawn, for the times in it. */
const REDRAW_MS = 500;

type Follow = Pick<FollowRunOptions, 'timeoutMs' | 'signal'>;

/** Shows a run until it has ended, and returns its result. */
export async function followRun({ runs }: DroverClient, ref: RunRef, options: Follow = {}): Promise<RunResult> {
  const progress = new Progress();
  const questions = new Questions(runs, ref, progress);
  const onProgress = ({ branches, question, waits = [] }: RunView) => {
    progress.update(
      branches.map(({ id, agents, outcome, turns, endedAt }) => ({
        name: `branch ${id}`,
        step: `${agents.at(-1) ?? ''}: ${outcome}, ${turnCount(turns)}${endedAt === null ? stillText(waits, id) : ''}`,
        done: outcome !== 'running' && outcome !== 'waiting',
      })),
    );
    questions.show(question);
  };
  try {
    const follow = () => runs.result(ref, { ...options, onProgress });
    // `drover up` ends the following itself.
    if (options.signal !== undefined) return await follow();
    const name = `${ref.fleet}/${ref.run}`;
    return await untilInterrupted(`run ${name} goes on: drover describe run ${name} --watch shows it`, follow);
  } finally {
    questions.end();
    progress.end();
  }
}

/** The questions of a followed run: asked at a terminal, elsewhere shown with the command that answers. */
class Questions {
  readonly #runs: DroverClient['runs'];
  readonly #ref: RunRef;
  readonly #progress: Progress;
  #since = '';
  #asking: AbortController | undefined;

  constructor(runs: DroverClient['runs'], ref: RunRef, progress: Progress) {
    this.#runs = runs;
    this.#ref = ref;
    this.#progress = progress;
  }

  /** Asks the open question, and stops asking when another client has answered it. */
  show(open: OpenQuestion | null): void {
    if (open === null || open.since !== this.#since) this.end();
    if (open === null || open.since === this.#since) return;
    this.#since = open.since;
    const { fleet, run } = this.#ref;
    this.#progress.tell(`${open.agent} asks: ${plainText(open.question)}\n  drover answer ${fleet}/${run} TEXT`);
    if (canAsk()) void this.#ask(open.question);
  }

  end(): void {
    this.#asking?.abort();
    this.#asking = undefined;
  }

  async #ask(question: unknown): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    this.#progress.pause();
    try {
      const line = await askLine('answer> ', asking.signal);
      if (line !== null) await this.#runs.answer(this.#ref, jsonOrText(line), question);
    } catch (error) {
      say(`drover: ${messageOf(error)}`);
    } finally {
      this.#progress.resume();
    }
  }
}

/**
 * The wait of a branch that makes no progress. A terminal shows the seconds to the next attempt too;
 * elsewhere each change is a line, so they are left out.
 */
function stillText(waits: readonly BranchWait[], branch: string): string {
  const wait = waits.find(({ branch: id, isStill }) => id === branch && isStill);
  if (wait === undefined) return '';
  return `; ${process.stderr.isTTY ? waitText(wait, wallClockMs()) : wait.why}`;
}

/** `1 turn`, `2 turns`. */
function turnCount(turns: number): string {
  return `${String(turns)} ${turns === 1 ? 'turn' : 'turns'}`;
}

/**
 * Shows all of a run, as `describe run --watch` does, until it has ended, and returns its result.
 */
export async function watchRun(
  { runs }: DroverClient,
  ref: RunRef,
  format: Format,
  options: Follow = {},
): Promise<RunResult> {
  const screen = new Screen(format, runPrintable);
  let shown = Promise.resolve();
  let last: RunView | undefined;
  const onProgress = (view: RunView) => {
    last = view;
    shown = shown.then(() => screen.show(view));
  };
  const clock = setInterval(() => last && onProgress(last), REDRAW_MS);
  try {
    return await runs.result(ref, { ...options, onProgress });
  } finally {
    clearInterval(clock);
    await shown;
  }
}

/** A run in the forms of `-o`. */
export function runPrintable(view: RunView): Printable {
  return { data: view, names: [`${view.fleet}/${view.run}`], text: () => runText(view) };
}

/** The text of a result: the answer, or why the run has no answer, then every traced turn. */
export function resultText({ success, finalResponse, error, trace = [] }: RunResult): string {
  const answer = success ? plainText(finalResponse) : `no answer: ${errorInWords(error)}`;
  return [answer, ...turnsText(trace)].join('\n');
}
