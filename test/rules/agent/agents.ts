/** Agents' states for the tests of rules. */
import type { AgentInput, AgentSpec, AgentStatus, Liveness, Runtime } from '../../../src/contract/agent';
import { type AgentState, newAgent } from '../../../src/rules/agent/state';
import { newInstance } from '../../../src/rules/agent/instance';

/** An arbitrary moment at which tests begin. */
export const T0 = Date.parse('2026-03-01T12:00:00.000Z');

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

/** A specification of agent A. */
export const spec = (more: Partial<AgentSpec> = {}): AgentSpec => ({ name: 'A', provider: 'memory', ...more });

/** The input of a first run. */
export function agentInput(spec: Partial<AgentSpec> = {}, more: Partial<AgentInput> = {}): AgentInput {
  return {
    v: 1,
    fleet: 'mars',
    agent: 'A',
    incarnation: 'i1',
    revision: 1,
    spec: { name: 'A', provider: 'memory', ...spec },
    resourceId: 'r1',
    key: 'inst.i1.1.A',
    holds: [],
    ...more,
  };
}

/** A new agent. */
export function fresh(spec: Partial<AgentSpec> = {}, more: Partial<AgentInput> = {}): AgentState {
  return newAgent(agentInput(spec, more));
}

/** An agent in any combination of the axes, as if it had come there at `T0`; `holds` by name. */
export function agentIn(
  status: AgentStatus,
  runtime: Runtime,
  liveness: Liveness = 'ready',
  holds: readonly string[] = status === 'paused' ? ['operator'] : [],
  spec: Partial<AgentSpec> = {},
): AgentState {
  const state = fresh(spec);
  const running = runtime === 'running';
  return {
    ...state,
    status,
    runtime,
    liveness,
    holds: holds.map((name) => ({ name, reason: null, since: new Date(T0).toISOString() })),
    settled: { outcome: 'ready', error: null },
    runningSince: running ? T0 : null,
    instance: {
      ...newInstance('A-1', T0),
      confirmed: true,
      endpoint: 'http://127.0.0.1:1/',
      lastBeatAt: T0,
      lastProofAt: T0,
    },
  };
}
