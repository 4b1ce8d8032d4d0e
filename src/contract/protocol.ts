/** The agent protocol (docs/agents.md, "The protocol"): environment variables that an agent is given, and the paths at its endpoint. */

/** Environment of a started agent. */
export const AGENT_ENV = {
  gateway: 'DROVER_GATEWAY',
  fleet: 'DROVER_FLEET',
  agent: 'DROVER_AGENT',
  token: 'DROVER_TOKEN',
  instance: 'DROVER_INSTANCE',
  key: 'DROVER_KEY',
  assignment: 'DROVER_ASSIGNMENT',
} as const;

/** Paths at an agent's endpoint. */
export const AGENT_PATHS = {
  turn: '/turn',
  health: '/healthz',
  credentials: '/credentials',
  undo: '/undo',
  drain: '/drain',
} as const;

/** What the gateway answers to a beat, so that an agent needs no second call. */
export interface BeatAnswer {
  readonly desired: 'run' | 'pause' | 'stop';
  readonly subscription?: { readonly pool: string; readonly name: string; readonly assignment: number };
  readonly nextBeatMs: number;
}

/** A field of a `fail` reply, `{kind: "rate_limit" | "auth" | "other", resetAt?}`: what the failure says of the agent's credential. */
export const FAILURE_FIELD = 'failure';
