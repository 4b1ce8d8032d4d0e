/**
 * Does each turn once: a repeated request joins the turn in progress, or gets the remembered
 * answer.
 */
import type { TurnReply, TurnRequest } from '../contract/agent/turns';
import type { ReportProgress } from './progress';
import { failedReply } from './reports';

/** A turn as the agent's code receives it. */
export interface AgentTurn extends TurnRequest {
  /**
   * Says what the agent does at this moment, for people who look on. Only the latest of many is
   * sent, and a lost one harms nothing.
   *
   * @example
   * turn.progress({ text: 'reads the sources', done: 3, total: 10 });
   */
  readonly progress: ReportProgress;
}

/** Does one turn. `signal` aborts when the answer is no longer needed. */
export type TurnHandler = (turn: AgentTurn, signal: AbortSignal) => TurnReply | Promise<TurnReply>;

/** Does one turn as it arrives. */
export type RequestHandler = (turn: TurnRequest, signal: AbortSignal) => TurnReply | Promise<TurnReply>;

interface Entry {
  readonly attempt: number;
  readonly abort: AbortController;
  readonly answer: Promise<string>;
  settled?: { readonly bytes: number; readonly failed: boolean };
}

/** How many answers are kept: more than an agent's queue holds, in a bounded amount of memory. */
const MAX_ANSWERS = 1_000;
const MAX_BYTES = 32 * 1024 * 1024;

/** The turns of one agent, in flight and answered. Answers are JSON text. */
export class TurnMemory {
  private readonly handler: RequestHandler;
  private readonly entries = new Map<string, Entry>();
  private remembered = 0;

  constructor(handler: RequestHandler) {
    this.handler = handler;
  }

  /** The number of turns in progress. */
  get inFlight(): number {
    return [...this.entries.values()].filter((entry) => !entry.settled).length;
  }

  /** The answer to a turn. Only a failed turn is done again, and only for a later attempt. */
  answer(turn: TurnRequest): Promise<string> {
    const known = this.entries.get(turn.turnId);
    if (known && !(known.settled?.failed && turn.attempt > known.attempt)) return known.answer;
    if (known) this.forget(turn.turnId, known);
    const abort = new AbortController();
    const entry: Entry = { attempt: turn.attempt, abort, answer: this.work(turn, abort.signal) };
    this.entries.set(turn.turnId, entry);
    return entry.answer;
  }

  /** Aborts and forgets a turn whose answer is no longer needed. */
  withdraw(turnId: string): void {
    const entry = this.entries.get(turnId);
    entry?.abort.abort(new Error('the turn was withdrawn'));
    if (entry) this.forget(turnId, entry);
  }

  /** Resolves when nothing is in flight. */
  async idle(): Promise<void> {
    while (this.inFlight > 0) await Promise.all([...this.entries.values()].map((entry) => entry.answer));
  }

  /** Aborts all turns in flight. */
  abortAll(reason: string): void {
    for (const entry of this.entries.values()) entry.abort.abort(new Error(reason));
  }

  private async work(turn: TurnRequest, signal: AbortSignal): Promise<string> {
    const { text, failed } = await this.attempt(turn, signal);
    const entry = this.entries.get(turn.turnId);
    if (entry?.abort.signal === signal) this.remember(entry, { bytes: Buffer.byteLength(text), failed });
    return text;
  }

  /**
   * Runs the handler. An error, or a reply that is not JSON, fails the turn: the branch receives
   * the message.
   */
  private async attempt(turn: TurnRequest, signal: AbortSignal): Promise<{ text: string; failed: boolean }> {
    try {
      const reply = await this.handler(turn, signal);
      return { text: JSON.stringify(reply), failed: reply.action === 'fail' };
    } catch (error) {
      console.error(error);
      return { text: JSON.stringify(failedReply(error)), failed: true };
    }
  }

  private remember(entry: Entry, settled: NonNullable<Entry['settled']>): void {
    entry.settled = settled;
    this.remembered += settled.bytes;
    for (const [turnId, oldest] of this.entries) {
      if (this.entries.size <= MAX_ANSWERS && this.remembered <= MAX_BYTES) return;
      if (oldest.settled) this.forget(turnId, oldest);
    }
  }

  private forget(turnId: string, entry: Entry): void {
    this.entries.delete(turnId);
    this.remembered -= entry.settled?.bytes ?? 0;
  }
}
