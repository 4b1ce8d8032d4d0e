/** The calls for one agent that polls, and its polls. */
import { MOST_POLLS, type PulledAnswer, type PulledCall, type PulledKind } from '../../contract/agent/pull';

/** A call that a worker makes and an agent answers. */
interface OpenCall extends PulledCall {
  /** Resolves the workers that wait for the answer; a lost connection takes its worker away. */
  readonly callers: Set<(answer: PulledAnswer) => void>;
  /** The instance that has it; null: it waits for a poll. */
  handedTo: string | null;
  answer: PulledAnswer | null;
  /** Since when no worker waits for it, on the monotonic clock. */
  leftAt: number | null;
}

interface Poll {
  readonly instance: string;
  readonly take: (call: PulledCall | null) => void;
}

/** A poll of an agent. `last`: the call that it got last, so that one lost on the way is handed out again. */
export interface PollRequest {
  readonly instance: string;
  readonly last: string | undefined;
}

/** How long a turn is kept after its worker has left: its next attempt comes within seconds. */
const FORGOTTEN_AFTER_MS = 15 * 60_000;
/** Answers of one agent that no worker has taken, kept for the next attempt of their turns. */
const ANSWERS_KEPT = 20;

/** The answer for a call that ends without one. */
const GONE: PulledAnswer = { status: 503, reply: { error: 'the call was withdrawn' } };

/** One agent at one gateway. */
export class Counter {
  /** By id, in the order of arrival. */
  readonly #calls = new Map<string, OpenCall>();
  /** Withdrawn turns that an instance still has. */
  readonly #withdrawn: { readonly id: string; readonly instance: string }[] = [];
  readonly #handedLast = new Map<string, string>();
  readonly #now: () => number;
  #polls: Poll[] = [];
  #polledAt: number | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether nothing here is worth keeping. */
  get isEmpty(): boolean {
    return this.#calls.size === 0 && this.#polls.length === 0 && this.#withdrawn.length === 0;
  }

  /** The number of polls that wait. */
  get waiting(): number {
    return this.#polls.length;
  }

  /** Milliseconds since a poll was last here; 0 while one waits; null: never. */
  sincePollMs(): number | null {
    if (this.#polls.length > 0) return 0;
    return this.#polledAt === null ? null : this.#now() - this.#polledAt;
  }

  /** Hands a call to the agent. The same turn joins the one that is open, or gets the answer that is known. */
  async ask(id: string, kind: PulledKind, body: unknown, signal: AbortSignal): Promise<PulledAnswer> {
    this.#sweep();
    const known = this.#calls.get(id);
    if (known?.answer) this.#calls.delete(id);
    if (known?.answer && !isAskedAgain(known, body)) return known.answer;
    const call: OpenCall =
      known && !known.answer
        ? known
        : { id, kind, body, callers: new Set(), handedTo: null, answer: null, leftAt: null };
    this.#calls.set(id, call);
    const answered = new Promise<PulledAnswer>((resolve) => {
      const leave = (): void => {
        call.callers.delete(resolve);
        if (call.callers.size === 0) this.#left(call);
        resolve(GONE);
      };
      call.callers.add(resolve);
      call.leftAt = null;
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave, { once: true });
    });
    this.#serve();
    return answered;
  }

  /** Withdraws a turn. The instance that has it learns this with its next poll. */
  withdraw(id: string): void {
    const call = this.#calls.get(id);
    if (call === undefined || call.answer) return;
    this.#calls.delete(id);
    if (call.handedTo !== null) this.#withdrawn.push({ id, instance: call.handedTo });
    for (const answer of call.callers) answer(GONE);
    this.#serve();
  }

  /** Waits for a call; null at the end of the signal. */
  poll({ instance, last }: PollRequest, signal: AbortSignal): Promise<PulledCall | null> {
    this.#polledAt = this.#now();
    this.#takeBack(instance, last);
    return new Promise((resolve) => {
      const poll: Poll = { instance, take: resolve };
      this.#polls.push(poll);
      const end = (): void => {
        if (!this.#polls.includes(poll)) return;
        this.#polls = this.#polls.filter((other) => other !== poll);
        this.#polledAt = this.#now();
        resolve(null);
      };
      signal.addEventListener('abort', end, { once: true });
      const [oldest] = this.#polls;
      if (this.#polls.length > MOST_POLLS && oldest) {
        this.#polls.shift();
        oldest.take(null);
      }
      this.#serve();
    });
  }

  /** A call was handed to a poll whose connection broke: the next poll gets it. */
  lost(id: string): void {
    const call = this.#calls.get(id);
    if (call === undefined || call.answer) return;
    call.handedTo = null;
    this.#serve();
  }

  /** Takes the agent's answer. False: no such call is open here. */
  reply(id: string, answer: PulledAnswer): boolean {
    const call = this.#calls.get(id);
    if (call === undefined) return false;
    if (call.answer) return true;
    if (call.callers.size > 0) this.#calls.delete(id);
    for (const resolve of call.callers) resolve(answer);
    call.answer = answer;
    const answered = [...this.#calls.values()].filter((one) => one.answer);
    for (const { id: oldest } of answered.slice(0, -ANSWERS_KEPT)) this.#calls.delete(oldest);
    return true;
  }

  /** Whether the turn still waits for an answer here. */
  isWanted(id: string): boolean {
    const call = this.#calls.get(id);
    return call !== undefined && call.answer === null;
  }

  /** Ends everything: the gateway stops, and workers and agents go on with another one. */
  close(): void {
    for (const { take } of this.#polls.splice(0)) take(null);
    for (const call of this.#calls.values()) for (const answer of call.callers) answer(GONE);
  }

  #left(call: OpenCall): void {
    // Only a turn is asked again under the same id.
    if (call.kind !== 'turn') this.#calls.delete(call.id);
    else call.leftAt = this.#now();
  }

  /** The calls of an earlier instance, and those that the instance never got, wait again. */
  #takeBack(instance: string, last: string | undefined): void {
    const handedLast = this.#handedLast.get(instance);
    for (const call of this.#calls.values()) {
      if (call.handedTo === null || call.answer) continue;
      const isLost = last !== undefined && call.id === handedLast && last !== handedLast;
      if (call.handedTo !== instance || isLost) call.handedTo = null;
    }
    for (const known of [...this.#handedLast.keys()]) if (known !== instance) this.#handedLast.delete(known);
  }

  #serve(): void {
    for (let poll = this.#polls[0]; poll; poll = this.#polls[0]) {
      const next = this.#next(poll.instance);
      if (next === null) return;
      this.#polls.shift();
      this.#polledAt = this.#now();
      poll.take(next);
    }
  }

  #next(instance: string): PulledCall | null {
    for (let told = this.#withdrawn.shift(); told; told = this.#withdrawn.shift())
      if (told.instance === instance) return { id: told.id, kind: 'withdraw', body: null };
    const call = [...this.#calls.values()].find((one) => one.handedTo === null && !one.answer);
    if (call === undefined) return null;
    call.handedTo = instance;
    this.#handedLast.set(instance, call.id);
    return { id: call.id, kind: call.kind, body: call.body };
  }

  #sweep(): void {
    for (const { id, leftAt } of this.#calls.values())
      if (leftAt !== null && this.#now() - leftAt > FORGOTTEN_AFTER_MS) this.#calls.delete(id);
  }
}

/** Whether the agent has failed the turn and Drover wants it to be worked on again. */
function isAskedAgain({ answer, body }: OpenCall, again: unknown): boolean {
  const reply = answer?.reply;
  const failed = typeof reply === 'object' && reply !== null && 'action' in reply && reply.action === 'fail';
  return (failed || answer?.status !== 200) && attemptOf(again) > attemptOf(body);
}

function attemptOf(body: unknown): number {
  const isTurn = typeof body === 'object' && body !== null && 'attempt' in body;
  return isTurn && typeof body.attempt === 'number' ? body.attempt : 0;
}
