/** The log of an agent, from the provider that runs it here. */
import { type Settings, environment } from './config';
import type { AgentView } from './contract/agent';
import { DroverError } from './contract/errors';
import { installedProviders } from './hosting/installed-providers';

/** Which part of a log to read: its last lines, and new output until `signal` aborts. */
export interface LogRequest {
  readonly tail?: number;
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** The log of one agent in pieces, as raw bytes. */
export function agentLogs(view: AgentView, settings: Settings, request: LogRequest): AsyncIterable<Uint8Array> {
  const { host } = settings;
  const name = `${view.fleet}/${view.name}`;
  if (view.provider === 'process' && view.host !== host) {
    throw new DroverError(
      'InvalidRequest',
      `${name} runs on host ${view.host ?? 'unknown'}, and this is ${host}: read its log there`,
    );
  }
  const provider = installedProviders(settings, environment())[view.provider];
  if (!provider || view.resourceId === null) throw new DroverError('InvalidRequest', `this host has no log of ${name}`);
  return provider.logs({ key: view.resourceId, resourceId: view.resourceId }, request);
}
