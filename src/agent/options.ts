/** The options of `serveAgent`, and the agent that it returns. */
import type { BeatAnswer } from '../contract/protocol';
import type { FailureNotice } from './reports';
import type { Credentials, UndoRequest } from './routes';
import type { Environment } from './settings';
import type { TurnHandler } from './turn-memory';

/** Options of an agent. Only `onTurn` is required. */
export interface AgentOptions {
  /**
   * Takes one turn. A thrown error fails the turn with its message; an error of a model's provider
   * (status, headers) is reported with it.
   */
  readonly onTurn: TurnHandler;
  /**
   * Prepares the agent for turns; it beats `starting` until then. `session` is the session that the
   * agent named last, also in an earlier start; null: none.
   */
  readonly onStart?: (start: { readonly session: string | null }) => Promise<void>;
  /** Undoes the work of an earlier turn. */
  readonly onUndo?: (request: UndoRequest) => void | Promise<void>;
  /** Changes credentials without a restart. */
  readonly onCredentials?: (credentials: Credentials) => void | Promise<void>;
  /** Called before a restart, which then waits for the turns in flight. */
  readonly onDrain?: () => void | Promise<void>;
  /** Receives every answer to a beat: the desired state and the current subscription. */
  readonly onBeat?: (answer: BeatAnswer) => void;
  /** The address to listen on: loopback unless given. */
  readonly host?: string;
  /** The port to listen on: a free one unless given. */
  readonly port?: number;
  /**
   * Whether the agent polls the gateway instead of listening, because it cannot be called; by
   * default as `DROVER_PULL=1` says.
   */
  readonly pull?: boolean;
  /** The URL at which Drover reaches the agent, if it differs from the address it listens on. */
  readonly endpoint?: string;
  /**
   * How long turns in flight may continue after SIGTERM; 8 s unless given, below the 10 s after
   * which Drover kills.
   */
  readonly graceMs?: number;
  /** The `DROVER_` variables; the process's own unless given. */
  readonly environment?: Environment;
  /**
   * Receives a line at the start, for each turn at its start and its end, and at the end of the agent:
   * names, times and outcomes, no contents. To standard output unless given; false: nowhere.
   */
  readonly log?: ((line: string) => void) | false;
  /** Whether SIGTERM and SIGINT stop the agent and end the process; true unless given. */
  readonly signals?: boolean;
}

/** A running agent. */
export interface RunningAgent {
  readonly endpoint: string;
  readonly instanceId: string;
  /** The agent's session; null: none. Replies and `setSession` change it. */
  readonly session: string | null;
  /**
   * Names the agent's session outside of a reply: an opaque text of at most 4 KiB, or null. Drover
   * keeps it and gives it back with each turn and at the next start. Throws `RangeError` for another
   * value; resolves after a beat, and later beats repeat it until the gateway has it.
   */
  setSession(session: string | null): Promise<void>;
  /** Sets the status and sends it at once. */
  setStatus(status: 'ready' | 'degraded'): Promise<void>;
  /**
   * Reports that work outside a turn failed with the agent's credential: by the kind of failure, or
   * by the error, which is classified. Turns need no report: an error thrown in `onTurn` is
   * classified too. `changed`: the agent gets another credential. Rejects if the gateway refuses
   * the report.
   */
  reportFailure(notice: FailureNotice): Promise<{ readonly changed: boolean }>;
  /**
   * Accepts no new turns, beats `stopping`, lets turns in flight finish within the grace period,
   * and closes.
   */
  stop(): Promise<void>;
}
