/** `FleetSpec` is the `spec` of the fleet file, as plain JSON on every wire. */
import type { AgentSpec, LivenessSpec, RestartSpec } from '../agent';
import type { Duration } from '../values/duration';
import type { NotifySpec } from '../event';
import type { InboxSpec } from '../run/inbox';
import type { TopologySpec } from './topology';

/** How a failed change treats the resources that it created. */
export type OnFailure = 'rollback' | 'keep';

/**
 * The settings of a change: agents at a time (default 16), `onFailure` (default rollback),
 * `timeout` (default 2h).
 */
export interface ProvisioningSpec {
  readonly maxConcurrent?: number;
  readonly onFailure?: OnFailure;
  readonly timeout?: Duration;
}

/**
 * A credential with a reference to its secret: `env:NAME` or `file:path`. Workflows never store the
 * secret.
 */
export interface CredentialSpec {
  readonly name: string;
  readonly secret: string;
}

/** A pool of interchangeable credentials (docs/subscriptions.md). */
export interface SubscriptionSpec {
  readonly pool: string;
  readonly credentials: readonly CredentialSpec[];
  readonly skipFor?: Duration;
  readonly inject?: { readonly env: string };
  readonly autoSwitch?: boolean;
  readonly drainTimeout?: Duration;
  readonly apply?: 'hot' | 'restart';
}

/** The `spec` of a fleet file. */
export interface FleetSpec {
  readonly provisioning?: ProvisioningSpec;
  readonly liveness?: LivenessSpec;
  readonly restart?: RestartSpec;
  readonly agents: readonly AgentSpec[];
  readonly topology?: TopologySpec;
  readonly subscriptions?: readonly SubscriptionSpec[];
  readonly notify?: readonly NotifySpec[];
  readonly inbox?: InboxSpec;
}

/** A whole fleet file. */
export interface FleetFile {
  readonly apiVersion: 'drover/v1';
  readonly kind: 'Fleet';
  readonly metadata: { readonly name: string };
  readonly spec: FleetSpec;
}
