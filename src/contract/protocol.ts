/**
 * The agent protocol (docs/agents.md, "The protocol"): an agent's environment variables, and the
 * paths at its endpoint.
 */

/** The environment variables of a started agent. */
export const AGENT_ENV = {
  gateway: 'DROVER_GATEWAY',
  fleet: 'DROVER_FLEET',
  agent: 'DROVER_AGENT',
  token: 'DROVER_TOKEN',
  instance: 'DROVER_INSTANCE',
  key: 'DROVER_KEY',
  assignment: 'DROVER_ASSIGNMENT',
  session: 'DROVER_SESSION',
  /** `1`: the agent polls the gateway; not set by Drover. */
  pull: 'DROVER_PULL',
} as const;

/** The paths at an agent's endpoint. */
export const AGENT_PATHS = {
  turn: '/turn',
  health: '/healthz',
  credentials: '/credentials',
  undo: '/undo',
  drain: '/drain',
} as const;

/** The gateway's answer to a beat; an agent needs no second call. */
export interface BeatAnswer {
  readonly desired: 'run' | 'pause' | 'stop';
  readonly subscription?: { readonly pool: string; readonly name: string; readonly assignment: number };
  readonly nextBeatMs: number;
}

/**
 * The field of a `fail` reply with the failure of the agent's credential: `{kind: "rate_limit" |
 * "auth" | "other", resetAt?}`.
 */
export const FAILURE_FIELD = 'failure';
