/** Activities that watch: the health monitor, and the question to the gateway. */

/**
 * An agent with health checks; durations in milliseconds. `renewMs`: how often an unchanged result
 * is reported again.
 */
export interface WatchedAgent {
  readonly agent: string;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** The number of failures in a row that counts as one. */
  readonly failures: number;
  readonly debounceMs: number;
  readonly renewMs: number;
}

/** The agents that the health monitor checks. */
export interface WatchCall {
  readonly fleet: string;
  readonly agents: readonly WatchedAgent[];
}

/** The health monitor, on its own queue. */
export interface MonitorActivities {
  /**
   * Calls `GET /healthz` of every agent at its interval and sends `checkReported`. Returns after 10
   * minutes and is started again.
   */
  watchHealth(call: WatchCall): Promise<void>;
}

/** Questions of the workers to the gateway, on the main queue. */
export interface GatewayActivities {
  /**
   * For how many milliseconds the gateway has been receiving and forwarding beats; null: it does
   * not answer; below zero: it vouches for the agent's beats for that long from now on. Never
   * throws.
   */
  askGateway(): Promise<{ readonly listeningMs: number | null }>;
}
