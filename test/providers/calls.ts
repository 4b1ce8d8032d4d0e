/** Calls and waits that the tests of providers share. */
import type { ResourceCall, WakeCall } from '../../src/contract/activities';
import type { AgentSpec } from '../../src/contract/agent';
import { until } from '../../src/lib/until';
import { PATIENCE_MS } from '../support/patience';

let count = 0;

/** A call for a new key of the given installation. */
export function callFor(installation: string, spec: Omit<AgentSpec, 'name'>, agent = 'worker'): ResourceCall {
  count += 1;
  const key = `${installation}.inc${String(process.pid)}.${String(count)}.${agent}`;
  return { fleet: 'mars', agent, provider: spec.provider, spec: { name: agent, ...spec }, resourceId: null, key };
}

/** The same call as a wake of the given instance. */
export function wakeOf(call: ResourceCall, instanceId = 'instance-1'): WakeCall {
  return { ...call, instanceId, subscription: null };
}

/** Waits for a condition that must come true. */
export async function eventually<T>(what: string, question: () => Promise<T | undefined>): Promise<T> {
  const answer = await until(question, PATIENCE_MS);
  if (answer === undefined) throw new Error(`never came true: ${what}`);
  return answer;
}
