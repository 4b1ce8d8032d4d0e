/** Warnings about the adapters of a fleet's agents. */
import { DEFAULT_PERMISSIONS } from '../../../contract/agent/adapter';
import { USER } from '../../../contract/fleet/topology';
import { isRecord } from '../../lib/parse';
import type { Problem } from '../../lib/problem';

/** The warnings for a reader of a plan: who answers an agent's questions for permission. Takes any shape. */
export function adapterWarnings(spec: unknown): Problem[] {
  if (!isRecord(spec) || !Array.isArray(spec['agents'])) return [];
  const flows = isRecord(spec['topology']) ? spec['topology']['flows'] : undefined;
  const edges = Array.isArray(flows) ? flows.filter((flow) => typeof flow === 'string') : [];
  return spec['agents'].flatMap((agent: unknown, index): Problem[] => {
    const message = isRecord(agent) ? warningOf(agent, edges) : null;
    return message === null ? [] : [{ path: ['agents', index, 'adapter', 'acp'], message }];
  });
}

function warningOf(agent: Readonly<Record<string, unknown>>, flows: readonly string[]): string | null {
  const { name, adapter } = agent;
  const acp = isRecord(adapter) ? adapter['acp'] : undefined;
  if (typeof name !== 'string' || !isRecord(acp)) return null;
  const permissions = acp['permissions'] ?? DEFAULT_PERMISSIONS;
  if (permissions === 'allow')
    return `permissions: allow: each question of ${name} for permission is answered with yes`;
  if (permissions !== 'ask' || flows.length === 0 || flows.some((flow) => leadsToUser(flow, name))) return null;
  return `permissions: ask: no flow leads from ${name} to ${USER}, so each question for permission is answered with no`;
}

/** Whether a flow such as `A -> User` or `A <-> User` leads from the agent to the human. */
function leadsToUser(flow: string, name: string): boolean {
  const words = flow.split(/\s*<?->\s*/).map((word) => word.trim());
  return words.includes(name) && words.includes(USER);
}
