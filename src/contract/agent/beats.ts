/** The signals of agents, gateways, monitors and hosts to an agent's workflow. */

/**
 * How many times within `staleAfter` the gateway and the health monitor renew what an agent's
 * workflow knows: two renewals may be lost before the agent counts as silent.
 */
export const RENEWALS = 3;

/**
 * A heartbeat (docs/lifecycle.md, "Liveness"). `endpoint` is the http(s) URL at which the agent
 * takes turns.
 */
export interface Heartbeat {
  readonly instanceId: string;
  readonly seq?: number;
  readonly status: 'starting' | 'ready' | 'degraded' | 'stopping';
  readonly endpoint?: string;
  readonly load?: number;
  /** The agent's session from now on (contract/agent/session.ts); null: none. */
  readonly session?: string | null;
}

/**
 * A beat as an agent's workflow receives it. `via`: it came through a gateway, which knows since
 * when it listens.
 */
export interface ForwardedHeartbeat extends Heartbeat {
  readonly via?: 'gateway';
  /** The workflow id of the lease by which the gateway vouches for the agent from now on; with `n`. */
  readonly lease?: string;
  /** The process of a gateway that does not vouch for the agent yet, as leases name it; with `n`, in place of `lease`. */
  readonly gateway?: string;
  /** Grows with every message of this gateway to this agent. */
  readonly n?: number;
}

/**
 * Signal `instanceEnded`, from a worker of its host: the provider has seen the instance end. The agent's workflow inspects it at once.
 */
export interface InstanceEnded {
  /** The key of its resource, and the instance. */
  readonly key: string;
  readonly instanceId: string;
}

/**
 * A report of the health monitor (signal `checkReported`). `at` is the time of the check, in UTC.
 */
export interface CheckReported {
  readonly instanceId: string;
  readonly passed: boolean;
  readonly at: string;
}
