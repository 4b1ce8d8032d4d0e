/** The log of an agent, from the provider that runs it here. */
import { type Settings, environment } from './config';
import type { AgentView } from './contract/agent';
import type { LogPart, LogPartRequest } from './contract/agent/log';
import { DroverError } from './contract/errors';
import { installedProviders } from './hosting/installed-providers';
import type { Provider } from './providers/provider';

/** Which part of a log to read: its last lines, and new output until `signal` aborts. */
export interface LogRequest {
  readonly tail?: number;
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** Whether the files of this installation have the log: an agent of another host has its log there. */
export function isLogHere({ provider, host }: Pick<AgentView, 'provider' | 'host'>, settings: Settings): boolean {
  return provider === 'docker' || (provider === 'process' && host === settings.host);
}

/** The log of one agent in pieces, as raw bytes. */
export function agentLogs(view: AgentView, settings: Settings, request: LogRequest): AsyncIterable<Uint8Array> {
  const { provider, key } = readerOf(view, settings);
  return provider.logs({ key, resourceId: key }, request);
}

/** A part of the log of one agent, as it was written. */
export async function agentLogPart(
  view: AgentView,
  settings: Settings,
  request: LogPartRequest,
  signal: AbortSignal,
): Promise<LogPart> {
  const { provider, key } = readerOf(view, settings);
  const part = await provider.logPart?.({ key, resourceId: key }, request, signal);
  return part ?? noLog(view);
}

function readerOf(view: AgentView, settings: Settings): { readonly provider: Provider; readonly key: string } {
  const provider = installedProviders(settings, environment())[view.provider];
  return provider && view.resourceId !== null ? { provider, key: view.resourceId } : noLog(view);
}

function noLog({ fleet, name }: AgentView): never {
  throw new DroverError('InvalidRequest', `this host has no log of ${fleet}/${name}`);
}
