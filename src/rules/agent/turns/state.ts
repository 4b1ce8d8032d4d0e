/** The turns in the state of an agent. */
import type { HeldSubscription } from '../../../contract/agent/subscription';
import type { TurnOutcome, TurnRequest } from '../../../contract/agent/turns';
import type { PausedClock } from './paused-clock';

/**
 * A turn that waits or is in flight. `waitingFrom`, `startedAt` and `refusedFrom` are readings of
 * the clocks in `TurnsState`.
 */
export interface QueuedTurn {
  readonly turnId: string;
  readonly replyTo: string;
  readonly request: TurnRequest;
  /** The limit that a rule of the topology sets; null: the agent's own limit applies. */
  readonly timeoutMs: number | null;
  /** Bytes of the request's JSON. */
  readonly bytes: number;
  /** How often the agent has received it. */
  readonly attempt: number;
  /** The reading of `unavailable` when it began to wait. */
  readonly waitingFrom: number;
  /** Milliseconds of its limit that earlier attempts used. */
  readonly used: number;
  /** The reading of `working` when the current attempt began; null while it waits. */
  readonly startedAt: number | null;
  /** Its limit has passed, and its attempt is being cancelled; absent before. */
  readonly overLimit?: true;
  /** After a refused connection: the time of the next attempt. */
  readonly notBefore: number | null;
  /** The reading of `working` when a connection was first refused; null: not yet. */
  readonly refusedFrom: number | null;
  /** Whether the branch knows that the turn is suspended. */
  readonly suspended: boolean;
  /** The credential of the current attempt, by name and assignment. */
  readonly on: Pick<HeldSubscription, 'name' | 'assignment'> | null;
  /** Whether it was repeated because its credential failed, which happens once. */
  readonly askedAnew: boolean;
  /** How often `turns.retry` has repeated it. */
  readonly repeats: number;
  /** How often the agent's process ended while it had the turn. */
  readonly crashes: number;
  /** The instance that was asked last; null: none yet. */
  readonly askedOf: string | null;
  /** Whether the connection of the last attempt was made, and broke. */
  readonly broke: boolean;
  /** When it arrived, and when its current attempt began (null while it waits); epoch milliseconds. */
  readonly arrivedAt: number;
  readonly begunAt: number | null;
  /** Why its last attempt failed, in one line; null: none has failed. */
  readonly lastError: string | null;
}

/** The answer to a turn, kept for a repeated request of the branch. */
export interface AnsweredTurn {
  readonly turnId: string;
  readonly outcome: TurnOutcome;
  readonly bytes: number;
}

/** The turns of an agent, and the clocks that measure their limits. */
export interface TurnsState {
  readonly waiting: readonly QueuedTurn[];
  readonly inFlight: readonly QueuedTurn[];
  readonly answered: readonly AnsweredTurn[];
  /** Tombstones: the ids of withdrawn turns, also of those that have not arrived yet. */
  readonly withdrawn: readonly string[];
  /** Measures the limits of turns; runs while the runtime is not paused. */
  readonly working: PausedClock;
  /** Measures the unavailable timeout; runs while the agent should work and cannot. */
  readonly unavailable: PausedClock;
}
