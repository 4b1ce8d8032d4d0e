/**
 * The metrics of fleets: their names, kinds, labels and meaning, in one place for the code that
 * counts them and for docs/operations.md.
 */

/** A metric. `labels` are its own; a worker's metrics also have those of Temporal's SDK. */
export interface MetricInfo {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  /** The upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
}

/** In seconds: from one call of a model to hours of work. */
const SECONDS = [0.05, 0.25, 1, 5, 15, 60, 300, 1_800, 7_200];
/** In US dollars: from one call of a small model to a day of a large one. */
const DOLLARS = [0.001, 0.01, 0.05, 0.25, 1, 5, 25, 100];

/**
 * The metrics that a gateway counts in Temporal's visibility store. No label names a fleet or an
 * agent, because `/metrics` needs no token and its size must not grow with the fleets.
 */
export const GATEWAY_METRICS = {
  temporalUp: {
    name: 'drover_temporal_up',
    kind: 'gauge',
    labels: [],
    help: '1 if the last count of fleets succeeded; at 0 the other counts are left out',
  },
  agents: {
    name: 'drover_agents',
    kind: 'gauge',
    labels: ['status', 'liveness'],
    help: 'Agents whose workflow is open, by the status and the liveness that they reported last',
  },
  fleets: { name: 'drover_fleets', kind: 'gauge', labels: [], help: 'Fleets whose workflow is open' },
  runs: {
    name: 'drover_runs',
    kind: 'gauge',
    labels: ['state'],
    help: 'Runs that the server still keeps, by state',
  },
  waiting: {
    name: 'drover_runs_waiting',
    kind: 'gauge',
    labels: [],
    help: 'Runs that wait for an answer of a person',
  },
  changes: { name: 'drover_changes_running', kind: 'gauge', labels: [], help: 'Changes of fleets that run' },
  costs: {
    name: 'drover_usage_dollars',
    kind: 'gauge',
    labels: [],
    help: 'US dollars that turns of the fleets that are there took, as replies reported them',
  },
  tokens: {
    name: 'drover_usage_tokens',
    kind: 'gauge',
    labels: ['direction'],
    help: 'Tokens that turns of the fleets that are there took, as replies reported them; the direction is input or output',
  },
} as const satisfies Readonly<Record<string, MetricInfo>>;

/**
 * The metrics that a worker counts, on the meter of Temporal's SDK. Counters are named without
 * the suffix `_total` that the exporter adds.
 */
export const WORKER_METRICS = {
  starts: {
    name: 'drover_agent_starts',
    kind: 'counter',
    labels: ['provider', 'outcome'],
    help: 'Starts of agents by their providers; the outcome is started or failed',
  },
  restarts: {
    name: 'drover_agent_restarts',
    kind: 'counter',
    labels: ['fleet'],
    help: 'Restarts of agents: by their policy, or by a command',
  },
  changes: {
    name: 'drover_changes',
    kind: 'counter',
    labels: ['fleet', 'result'],
    help: 'Changes of fleets that have ended, by result',
  },
  turns: {
    name: 'drover_turn_seconds',
    kind: 'histogram',
    labels: ['fleet', 'outcome'],
    help: 'Time from the arrival of a turn at its agent to its answer, by the action of the reply or the code of the error',
    buckets: SECONDS,
  },
  waits: {
    name: 'drover_turn_wait_seconds',
    kind: 'histogram',
    labels: ['fleet'],
    help: 'Time that a turn stood in the queue of its agent before the agent received it',
    buckets: SECONDS,
  },
  costs: {
    name: 'drover_turn_cost_dollars',
    kind: 'histogram',
    labels: ['fleet'],
    help: 'US dollars of a turn whose reply reported usage; each turn once, however often it was asked',
    buckets: DOLLARS,
  },
  tokens: {
    name: 'drover_turn_tokens',
    kind: 'counter',
    labels: ['fleet', 'direction'],
    help: 'Tokens of turns whose replies reported usage, each turn once; the direction is input or output',
  },
  runs: {
    name: 'drover_run_seconds',
    kind: 'histogram',
    labels: ['fleet', 'state'],
    help: 'Time from the start of a run to its end, by the state in which it ended',
    buckets: SECONDS,
  },
} as const satisfies Readonly<Record<string, MetricInfo>>;
