/** The references of a fleet file that no signature covers: Drover gives their secrets to services and agents. */
import type { FleetSpec } from './spec';

/**
 * The references of credentials, `external` services and webhooks, each once. A reference in the
 * variables of a process or docker agent is part of the signed specification.
 */
export function unsignedReferences({ agents, subscriptions = [], notify = [] }: FleetSpec): string[] {
  const targets = [...notify, ...agents.flatMap((agent) => agent.notify ?? [])];
  const secrets = [
    ...subscriptions.flatMap(({ credentials }) => credentials.map(({ secret }) => secret)),
    ...agents.map(({ external }) => external?.secret),
    ...targets.map(({ secret }) => secret),
  ];
  return [...new Set(secrets.filter((secret) => secret !== undefined))];
}
