/**
 * The agent's session: the one that Drover gave at the start and with turns, or a newer one that
 * the agent has named.
 */
import { sessionProblem } from '../contract/agent/session';
import type { TurnReply, TurnRequest } from '../contract/agent/turns';

/** The current session of one agent; null: none. */
export class CurrentSession {
  #current: string | null;
  /** The session that no beat has carried yet; undefined: the gateway has the latest. */
  #untold: string | null | undefined;

  constructor(atStart: string | null) {
    this.#current = atStart;
  }

  get current(): string | null {
    return this.#current;
  }

  /** Names another session. Throws if the value cannot be one. */
  set(session: string | null): void {
    const problem = session === null ? null : sessionProblem(session);
    if (problem !== null) throw new RangeError(`invalid session: ${problem}`);
    this.#current = session;
    this.#untold = session;
  }

  /** Takes the session of a turn, unless the agent has named one that Drover does not know yet. */
  hear({ session }: TurnRequest): void {
    if (this.#untold === undefined) this.#current = session ?? null;
  }

  /** Takes the session that a reply names; Drover ignores and reports one that cannot be it. */
  replied({ session }: TurnReply): void {
    if (session === null || (session !== undefined && sessionProblem(session) === null)) this.#current = session;
  }

  /** The part of the next beat; the beat calls `told` when the gateway has it. */
  forBeat(): { readonly session?: string | null } {
    return this.#untold === undefined ? {} : { session: this.#untold };
  }

  /** A beat with this session has arrived. */
  told(session: string | null | undefined): void {
    if (session !== undefined && session === this.#untold) this.#untold = undefined;
  }
}
